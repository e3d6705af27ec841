"""Secrets and LINE user IDs never reach a log line, even where a record holds one by mistake."""

import logging

import pytest

from checkin_api.logs import configure_logging
from tests import webhooks


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.mark.parametrize(
    "secret",
    [
        webhooks.user(255),
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJVMSJ9.c2lnbmF0dXJl",
        "Bearer abcdef0123456789",
        "/calendar/kX3_zZ-1kX3_zZ-1kX3_zZ-1kX3_zZ-1.ics",
    ],
)
def test_secrets_are_blanked_out(capsys: pytest.CaptureFixture[str], secret: str):
    configure_logging()
    logging.getLogger("test").error("from %s, hwid c0ffee0001", secret)
    logging.getLogger("test").error("failed", exc_info=ValueError(secret))
    shown = capsys.readouterr().err
    assert secret.removeprefix("Bearer ") not in shown
    assert shown.count("[redacted]") == 2
    assert "c0ffee0001" in shown
