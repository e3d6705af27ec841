"""The hash of keys that a certificate proves rows with."""

import hashlib
import shutil
import subprocess

import pytest

from checkin_api.domain.purges import keys_sha256, period_words

KEYS = ["10", "9", "0190d1c2aaaa7bbb8cccddddeeeeffff", "12|1-0a1b2c3d", "12|1"]


def test_it_does_not_depend_on_the_order_in_which_rows_went():
    assert keys_sha256(KEYS) == keys_sha256(reversed(KEYS))
    assert keys_sha256([]) == hashlib.sha256(b"").hexdigest()
    assert keys_sha256(["1", "2"]) != keys_sha256(["12"])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="coreutils are not there")
def test_it_is_what_sort_and_sha256sum_say():
    said = subprocess.run(
        ["/bin/sh", "-c", "LC_ALL=C sort | sha256sum"],
        input="".join(f"{key}\n" for key in KEYS),
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split()[0] == keys_sha256(KEYS)


@pytest.mark.parametrize(
    ("days", "zh", "en"),
    [(1, "1 天", "1 day"), (30, "30 天", "30 days"), (365, "1 年", "1 year"), (1826, "1826 天", "1826 days")],
)
def test_whole_years_are_said_as_years(days: int, zh: str, en: str):
    assert period_words(days) == (zh, en)
