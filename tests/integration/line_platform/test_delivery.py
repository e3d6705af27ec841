"""Deliveries: what counts as failed, redelivery, duplicates, order, delay, loss, signatures, raw bodies."""

import socket
import time

import pytest

from tests.integration.line_platform.conftest import NOW, OFFICER
from tests.integration.line_platform.receiving import Receiver
from tests.line_platform import ConfigError
from tests.line_platform.deliveries import Reason
from tests.line_platform.signature import sign


def texts(receiver: Receiver) -> list[str]:
    return [event["message"]["text"] for event in receiver.events()]


def test_delivery_is_logged_with_status_and_time(line):
    line.say(OFFICER, "嗨")
    delivery = line.wait_for_deliveries(1)[0]
    assert (delivery.kinds, delivery.outcome.status, delivery.outcome.reason) == (("message",), 200, None)
    assert delivery.at_ms == int(NOW * 1000)
    assert "嗨" in delivery.body


@pytest.mark.parametrize("status", [201, 204])
def test_any_2xx_counts_as_received(line, receiver, status):
    receiver.statuses = [status]
    line.set_faults(redelivery=True, redelivery_spacing_s=0.01)
    line.say(OFFICER, "嗨")
    line.wait_idle()
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 401, 500])
def test_other_status_is_error_status_code(line, receiver, status):
    receiver.statuses = [status]
    line.say(OFFICER, "嗨")
    outcome = line.wait_for_deliveries(1)[0].outcome
    assert (outcome.reason, outcome.status) == (Reason.ERROR_STATUS_CODE, status)


def test_silent_server_is_request_timeout_after_two_seconds(line, receiver):
    receiver.delay_s = 2.5
    line.say(OFFICER, "嗨")
    outcome = line.wait_for_deliveries(1)[0].outcome
    assert outcome.reason is Reason.REQUEST_TIMEOUT
    assert 1900 <= outcome.elapsed_ms < 2500
    assert len(receiver.requests) == 1  # the server has received it all the same


def test_closed_port_is_could_not_connect(line):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line.set_webhook_url(f"http://127.0.0.1:{port}/line/webhook")
    line.say(OFFICER, "嗨")
    assert line.wait_for_deliveries(1)[0].outcome.reason is Reason.COULD_NOT_CONNECT


def test_server_that_hangs_up_is_unclassified(line):
    with socket.create_server(("127.0.0.1", 0)) as server:
        line.set_webhook_url(f"http://127.0.0.1:{server.getsockname()[1]}/line/webhook")
        line.say(OFFICER, "嗨")
        connection, _ = server.accept()
        connection.recv(65536)
        connection.close()
        assert line.wait_for_deliveries(1)[0].outcome.reason is Reason.UNCLASSIFIED


def test_redelivery_is_off_by_default(line, receiver):
    receiver.statuses = [500]
    line.say(OFFICER, "嗨")
    line.wait_idle()
    assert len(receiver.requests) == 1


def test_redelivery_repeats_the_event_with_only_is_redelivery_changed(line, receiver):
    receiver.statuses = [500, 503]
    line.set_faults(redelivery=True, redeliveries=5, redelivery_spacing_s=0.02)
    line.say(OFFICER, "嗨")
    line.wait_idle()
    first, *again = receiver.events()
    assert len(again) == 2
    assert first["deliveryContext"] == {"isRedelivery": False}
    for event in again:
        assert event == {**first, "deliveryContext": {"isRedelivery": True}}
    assert [each.redelivery for each in line.deliveries()] == [False, True, True]


def test_redelivery_ends_after_its_number(line, receiver):
    receiver.statuses = [500] * 9
    line.set_faults(redelivery=True, redeliveries=2, redelivery_spacing_s=0.01)
    line.say(OFFICER, "嗨")
    line.wait_idle()
    assert len(receiver.requests) == 3


def test_duplicate_sends_the_same_event_twice_without_redelivery_mark(line, receiver):
    line.set_faults(duplicate=True)
    line.say(OFFICER, "嗨")
    line.wait_idle()
    first, second = receiver.events()
    assert first == second
    assert first["deliveryContext"] == {"isRedelivery": False}


def test_reorder_delivers_the_held_event_after_the_next(line, receiver):
    line.set_faults(reorder=True)
    for text in ("一", "二", "三"):
        line.say(OFFICER, text)
    line.wait_idle()
    assert texts(receiver) == ["二", "一"]
    line.clear_faults()
    line.wait_idle()
    assert texts(receiver) == ["二", "一", "三"]


def test_delay_holds_an_event_back(line, receiver):
    line.set_faults(delay_s=0.3)
    started = time.monotonic()
    line.say(OFFICER, "嗨")
    assert receiver.requests == []
    line.wait_idle()
    assert time.monotonic() - started >= 0.3
    assert receiver.events()[0]["timestamp"] == int(NOW * 1000)


def test_dropped_event_is_logged_and_not_sent(line, receiver):
    line.set_faults(drop=True)
    line.say(OFFICER, "嗨")
    assert line.wait_for_deliveries(1)[0].note == "dropped"
    assert receiver.requests == []


def test_without_webhook_url_nothing_is_sent(line):
    line.set_webhook_url(None)
    line.say(OFFICER, "嗨")
    assert line.wait_for_deliveries(1)[0].note == "no_webhook_url"


def test_signature_can_be_missing_or_wrong(line, receiver):
    for kind in ("missing", "wrong"):
        line.set_faults(signature=kind)
        line.say(OFFICER, kind)
        line.wait_idle()
    missing, wrong = receiver.requests
    assert missing.signature is None
    assert wrong.signature != sign(line.config.channel_secret, wrong.body)
    assert len(wrong.signature) == 44


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"events":{}}'])
def test_raw_body_arrives_untouched_and_signed(line, receiver, body):
    receiver.statuses = [400]
    delivery = line.send_raw(body)
    assert delivery.outcome.status == 400
    assert receiver.requests[0].body == body
    assert receiver.requests[0].signature == sign(line.config.channel_secret, body)


def test_raw_body_takes_a_signature_of_the_testers_own(line, receiver):
    line.send_raw(b"{}", signature="bm8=")
    line.send_raw(b"{}", signature="missing")
    assert [request.signature for request in receiver.requests] == ["bm8=", None]


def test_unknown_fault_is_refused_by_name(line):
    with pytest.raises(ConfigError, match=r"unknown fault 'reorderr'.*delay_s: expected float"):
        line.set_faults(reorderr=True, delay_s="2")


def test_connections_are_kept_open_between_webhooks(line, receiver):
    for number in range(50):
        line.say(OFFICER, str(number))
    line.wait_idle()
    assert sorted(map(int, texts(receiver))) == list(range(50))
    assert all(delivery.outcome.accepted for delivery in line.deliveries())


def test_server_that_closes_idle_connections_loses_nothing(line, receiver):
    receiver.hangs_up = True
    for number in range(20):
        line.say(OFFICER, str(number))
        line.wait_idle()
    assert len(receiver.requests) == 20
    assert all(delivery.outcome.accepted for delivery in line.deliveries())
