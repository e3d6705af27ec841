"""Signature and envelope."""

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin_api.line.webhook import NotAWebhookError, is_signed, split_events

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


# Sources: Messaging API "Verify webhook signature"; the examples in LINE's Python and Node.js SDK tests.
@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (
            "8c570fa6dd201bb328f1c1eac23a96d8",
            '{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}',
            "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=",
        ),
        ("channel_secret", "bodybodybodybody", "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="),
        ("test_secret", '{"hello":"world"}', "t7Hn4ZDHqs6e+wdvI5TyQIvzie0DmMUmuXEBqyyE/tM="),
    ],
)
def test_published_signatures_are_right_and_any_change_is_not(secret: str, body: str, signature: str):
    assert is_signed(secret.encode(), body.encode(), signature)
    assert not is_signed(secret.encode(), body.encode() + b" ", signature)
    assert not is_signed(secret.encode() + b"x", body.encode(), signature)
    assert not is_signed(secret.encode(), body.encode(), signature.lower())


@given(st.lists(JSON))
def test_every_event_comes_out_whole_and_in_order(events: list[object]):
    split = split_events(json.dumps({"destination": "U", "events": events}).encode())
    assert [json.loads(raw) for _, raw in split] == events
    assert all(raw.isascii() for _, raw in split)


@given(st.binary())
def test_any_bytes_are_events_or_refused(body: bytes):
    with contextlib.suppress(NotAWebhookError):
        split_events(body)


@pytest.mark.parametrize(
    ("value", "kept"),
    [("01FZ74A0TDDPYRVKNK77XKC3ZR", True), ("x" * 64, True), ("", False), (1, False), (None, False), ([], False)],
)
def test_the_event_id_is_the_key(value: object, kept: bool):
    [(event_id, _)] = split_events(json.dumps({"events": [{"webhookEventId": value}]}).encode())
    assert event_id == (value if kept else None)


@pytest.mark.parametrize("value", ["a b", "x" * 65, "a\x00b", "\ud800", "事件"])
def test_an_event_id_of_another_form_is_a_key_all_the_same(value: str):
    body = json.dumps(
        {"events": [{"webhookEventId": value}, {"webhookEventId": value}, {"webhookEventId": f"{value}."}]}
    )
    (first, _), (again, _), (other, _) = split_events(body.encode())
    assert first is not None
    assert first == again != other
    assert re.fullmatch("sha256:[0-9a-f]{57}", first)


def test_an_integer_too_long_for_python_spoils_no_other_event():
    body = b'{"events":[{"n":' + b"9" * 5000 + b'},{"timestamp":1462629479859}]}'
    (_, strange), (_, good) = split_events(body)
    assert json.loads(strange) == {"n": "9" * 5000}
    assert json.loads(good) == {"timestamp": 1462629479859}
