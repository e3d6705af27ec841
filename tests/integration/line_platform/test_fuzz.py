"""Whatever JSON is sent, the checks answer; they never fail."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line_platform.checks.flex import check_container
from tests.line_platform.checks.messages import check_messages
from tests.line_platform.checks.rich_menu import check_image, check_rich_menu

# The words of LINE's objects, so that random JSON gets past the first check often enough.
WORDS = st.sampled_from(
    [
        "type",
        "text",
        "flex",
        "bubble",
        "carousel",
        "template",
        "confirm",
        "buttons",
        "image_carousel",
        "box",
        "button",
        "image",
        "icon",
        "span",
        "separator",
        "body",
        "header",
        "hero",
        "footer",
        "contents",
        "layout",
        "vertical",
        "baseline",
        "action",
        "actions",
        "postback",
        "uri",
        "label",
        "data",
        "columns",
        "quickReply",
        "items",
        "altText",
        "styles",
        "sender",
        "name",
        "size",
        "areas",
        "bounds",
        "width",
        "height",
        "selected",
        "chatBarText",
        "video",
        "altContent",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-1, 3000) | st.floats() | WORDS | st.text(max_size=5)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=25
)
TYPED = st.fixed_dictionaries({"type": WORDS}, optional=dict.fromkeys(("contents", "template", "quickReply"), JSON))


@given(st.lists(TYPED | JSON, max_size=6) | JSON)
@settings(max_examples=150)
def test_any_messages_are_accepted_or_refused_with_400(messages):
    error = check_messages(messages)
    assert error is None or (error.status, bool(error.message)) == (400, True)


@given(st.fixed_dictionaries({"type": st.sampled_from(["bubble", "carousel"]), "body": JSON, "contents": JSON}) | JSON)
@settings(max_examples=150)
def test_any_flex_container_is_judged(container):
    assert all(wrong.pointer().startswith("/") and wrong.message for wrong in check_container(container))


@given(JSON, st.binary(max_size=64) | st.binary(max_size=64).map(lambda tail: b"\xff\xd8" + tail))
def test_any_rich_menu_and_image_are_judged(menu, image):
    assert check_rich_menu(menu) is not None
    assert check_image(image) is not None or image[:2] == b"\xff\xd8"
