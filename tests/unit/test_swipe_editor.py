"""The editor of profiles: what its form says is the profile, also when somebody sends nonsense."""

import json
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from checkin_api.web.console.swipe_editor import MOST_FIELDS, changed, document
from reports.swipe_profile import ProfileRefusedError, load_profile, ready_profiles
from tests.profile_form import form_of

FORM = form_of(ready_profiles()["fixed-big5-roc"])


@pytest.mark.parametrize("name", list(ready_profiles()))
def test_a_profile_comes_back_from_the_editor_as_it_was(name: str):
    content = ready_profiles()[name]
    assert load_profile(json.dumps(document(form_of(content))).encode()) == load_profile(content)


def order(made: dict[str, Any]) -> list[str]:
    return [field["what"] for field in made["fields"]]


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("up:1", ["date", "staff_no", "time"]),
        ("down:0", ["date", "staff_no", "time"]),
        ("up:0", ["staff_no", "date", "time"]),
        ("down:2", ["staff_no", "date", "time"]),
        ("remove:1", ["staff_no", "time"]),
        ("add", ["staff_no", "date", "time", "text"]),
        ("up:9", ["staff_no", "date", "time"]),
        ("up:-1", ["staff_no", "date", "time"]),
        (f"up:{'1' * 5000}", ["staff_no", "date", "time"]),
        ("up:²", ["staff_no", "date", "time"]),
        ("burn:1", ["staff_no", "date", "time"]),
        ("", ["staff_no", "date", "time"]),
    ],
)
def test_fields_are_moved_added_and_removed(button: str, expected: list[str]):
    made = document(FORM)
    made["fields"] = made["fields"][:3]
    assert order(changed(made, button)) == expected


def test_no_more_fields_are_added_than_a_profile_may_have():
    made = document(FORM)
    made["fields"] *= MOST_FIELDS
    made["fields"] = made["fields"][:MOST_FIELDS]
    assert len(changed(made, "add")["fields"]) == MOST_FIELDS


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"width": "x"}, "fields.1.width"),
        ({"width": "１０"}, "fields.1.width"),
        ({"width": "9" * 50}, "fields.1.width"),
        ({"what": "salary"}, "fields.1.what"),
        ({"fill": "。"}, "fields.1.fill"),
        ({"encoding": "utf-16"}, "encoding"),
        ({"code_in": ""}, "codes.in"),
        ({"title": "a\nb"}, "title"),
        ({"layout": "separated", "separator": '"'}, "separator"),
    ],
)
def test_nonsense_is_refused_by_its_place(sent: dict[str, str], words: str):
    form = MultiDict(FORM)
    for name, value in sent.items():
        form.setlist(name, [value, *form.getlist(name)[1:]])
    with pytest.raises(ProfileRefusedError) as refusal:
        load_profile(json.dumps(document(form)).encode())
    assert any(problem.startswith(words) for problem in refusal.value.problems)


def test_an_empty_form_is_refused_and_not_a_fault():
    with pytest.raises(ProfileRefusedError):
        load_profile(json.dumps(document(MultiDict())).encode())
