"""The properties of each Flex component. Source: Messaging API reference, "Component"."""

from tests.line_platform.checks.rules import Rule, Shape, anything, boolean, matching, number, one_of, text, url

_COLOR = matching(r"#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")
_PIXELS = r"\d+(\.\d+)?px"
_SPACE = matching(rf"none|xs|sm|md|lg|xl|xxl|{_PIXELS}")
_PADDING = matching(rf"none|xs|sm|md|lg|xl|xxl|{_PIXELS}|\d+(\.\d+)?%")
_OFFSET = matching(rf"none|xs|sm|md|lg|xl|xxl|-?{_PIXELS}|-?\d+(\.\d+)?%")
_EXTENT = matching(rf"{_PIXELS}|\d+(\.\d+)?%")
_TEXT_SIZE = matching(rf"xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|{_PIXELS}|\d+(\.\d+)?%")
_IMAGE_SIZE = matching(rf"xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|full|{_PIXELS}|\d+(\.\d+)?%")
_RATIO = matching(r"\d+(\.\d+)?:\d+(\.\d+)?")
_GRAVITY = one_of("top", "center", "bottom")
_ALIGN = one_of("start", "center", "end")
_HTTPS = url(2000, "https")
_FLEX = number(0, 10_000)
_JUSTIFY = one_of("flex-start", "center", "flex-end", "space-between", "space-around", "space-evenly")

_TYPE: dict[str, Rule] = {"type": anything}
_PLACED: dict[str, Rule] = {
    **_TYPE,
    "flex": _FLEX,
    "margin": _SPACE,
    "position": one_of("relative", "absolute"),
    "offsetTop": _OFFSET,
    "offsetBottom": _OFFSET,
    "offsetStart": _OFFSET,
    "offsetEnd": _OFFSET,
}
_LETTERS: dict[str, Rule] = {
    "size": _TEXT_SIZE,
    "weight": one_of("regular", "bold"),
    "color": _COLOR,
    "style": one_of("normal", "italic"),
    "decoration": one_of("none", "underline", "line-through"),
}
# The reference states no limit for the text of a component; the container's 30 KB bounds it.
_ANY_TEXT = text(30 * 1024)

COMPONENTS: dict[str, Shape] = {
    "box": Shape(
        {
            **_PLACED,
            "layout": one_of("horizontal", "vertical", "baseline"),
            "contents": anything,
            "backgroundColor": _COLOR,
            "borderColor": _COLOR,
            "borderWidth": matching(rf"none|light|normal|medium|semi-bold|bold|{_PIXELS}"),
            "cornerRadius": _SPACE,
            "width": _EXTENT,
            "maxWidth": _EXTENT,
            "height": _EXTENT,
            "maxHeight": _EXTENT,
            "spacing": _SPACE,
            "paddingAll": _PADDING,
            "paddingTop": _PADDING,
            "paddingBottom": _PADDING,
            "paddingStart": _PADDING,
            "paddingEnd": _PADDING,
            "action": anything,
            "justifyContent": _JUSTIFY,
            "alignItems": one_of("flex-start", "center", "flex-end"),
            "background": anything,
        },
        ("layout", "contents"),
    ),
    "button": Shape(
        {
            **_PLACED,
            "action": anything,
            "height": one_of("sm", "md"),
            "style": one_of("primary", "secondary", "link"),
            "color": _COLOR,
            "gravity": _GRAVITY,
            "adjustMode": one_of("shrink-to-fit"),
            "scaling": boolean,
        },
        ("action",),
    ),
    "image": Shape(
        {
            **_PLACED,
            "url": _HTTPS,
            "align": _ALIGN,
            "gravity": _GRAVITY,
            "size": _IMAGE_SIZE,
            "aspectRatio": _RATIO,
            "aspectMode": one_of("cover", "fit"),
            "backgroundColor": _COLOR,
            "action": anything,
            "animated": boolean,
        },
        ("url",),
    ),
    "video": Shape(
        {
            **_TYPE,
            "url": _HTTPS,
            "previewUrl": _HTTPS,
            "altContent": anything,
            "aspectRatio": _RATIO,
            "action": anything,
        },
        ("url", "previewUrl", "altContent"),
    ),
    "icon": Shape(
        {**_PLACED, "url": _HTTPS, "size": _TEXT_SIZE, "scaling": boolean, "aspectRatio": _RATIO},
        ("url",),
    ),
    "text": Shape(
        {
            **_PLACED,
            **_LETTERS,
            "text": _ANY_TEXT,
            "contents": anything,
            "adjustMode": one_of("shrink-to-fit"),
            "scaling": boolean,
            "align": _ALIGN,
            "gravity": _GRAVITY,
            "wrap": boolean,
            "lineSpacing": matching(_PIXELS),
            "maxLines": number(0, 10_000),
            "action": anything,
        }
    ),
    "span": Shape({**_TYPE, **_LETTERS, "text": _ANY_TEXT}),
    "separator": Shape({**_TYPE, "margin": _SPACE, "color": _COLOR}),
    "filler": Shape({**_TYPE, "flex": _FLEX}),
}

BLOCK_STYLE = Shape({"backgroundColor": _COLOR, "separator": boolean, "separatorColor": _COLOR})

_STACKED = ("box", "button", "image", "text", "separator", "filler")
BOX_CONTENTS = {"horizontal": _STACKED, "vertical": _STACKED, "baseline": ("icon", "text", "filler")}
