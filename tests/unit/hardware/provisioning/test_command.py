"""The command line as an installer and a script use it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

import hardware.provisioning.commands
from hardware.provisioning import rendering
from hardware.provisioning.__main__ import main
from hardware.provisioning.explain import explain
from hardware.provisioning.hex_input import HexInputError, parse_hex

PUBLISHED = "02010603036ffe0b166ffe02fd5ea0ad1e7f00"
WITHOUT_MESSAGE = "02010603036ffe0a166ffe02fd5ea0ad1e7f"


def decode(*arguments: str, **env: str) -> Result:
    cleared: dict[str, str | None] = {"LC_ALL": None, "LANG": None}
    return CliRunner().invoke(main, ["decode", *arguments], env={**cleared, **env})


@pytest.mark.parametrize(
    "pasted",
    ["02 fd 5e a0 ad 1e 7f 00", "02:FD:5E:A0:AD:1E:7F:00", "0x02fd5ea0ad1e7f00", "0x02, 0xFD-5ea0\n0XAD1E7F00"],
)
def test_hex_is_taken_as_people_paste_it(pasted: str):
    assert parse_hex(pasted) == bytes.fromhex("02fd5ea0ad1e7f00")


@pytest.mark.parametrize(
    ("pasted", "advice"),
    [
        ("", "paste the advertisement's hex"),
        (" : ", "paste the advertisement's hex"),
        ("02zz", "'z' is no hex digit"),
        ("02\u0662\u0663", "is no hex digit"),
        ("020", "3 digits is odd"),
        ("00" * 256, "256 bytes is too long"),
    ],
)
def test_wrong_hex_says_what_to_do(pasted: str, advice: str):
    with pytest.raises(HexInputError, match=advice):
        parse_hex(pasted)


@pytest.mark.parametrize("pasted", ["02zz", "020", ":"])
def test_wrong_input_is_one_line_on_stderr_and_exit_1(pasted: str):
    result = decode(pasted)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_piped_output_is_plain_text_in_columns():
    lines = decode(PUBLISHED, "--lang", "en").stdout.splitlines()
    assert lines[2] == "2   06              flags               LE General Discoverable, BR/EDR not supported"
    assert lines[-1] == "LINE Simple Beacon, HWID fd5ea0ad1e, device message 00"
    assert len(lines) == 14


def test_chinese_columns_are_as_wide_as_they_look():
    lines = decode(PUBLISHED).stdout.splitlines()
    starts = {cell_len(line[: line.rindex("  ")]) for line in lines[:1] + lines[2:3]}
    assert len(starts) == 1


def test_hex_may_stand_in_several_arguments():
    assert decode("02", "fd", "5ea0ad1e", "7f00").exit_code == 0


def test_broken_advertisement_is_explained_up_to_where_it_breaks():
    result = decode(WITHOUT_MESSAGE, "--lang", "en")
    assert result.exit_code == 1
    assert "fd5ea0ad1e" in result.stdout
    assert result.stderr == "error: byte 18, device message: none, so LINE sends no event; at least 1 byte\n"


def test_json_has_rows_beacon_and_no_problem():
    shown = json.loads(decode(PUBLISHED, "--format", "json").stdout)
    assert (shown["packet"], shown["problem"]) == ("advertisement", None)
    assert shown["beacon"] == {"kind": "line_simple_beacon", "hwid": "fd5ea0ad1e", "device_message": "00"}
    assert shown["rows"][10] == {"offset": 12, "bytes": "fd5ea0ad1e", "field": "hwid", "meaning": "fd5ea0ad1e"}


def test_json_of_an_ibeacon_and_of_neither():
    companion = "0201061aff4c000215d0d2ce249efc11e582c41c6a7a17ef384c494e45c5"
    beacon = json.loads(decode(companion, "--format", "json").stdout)["beacon"]
    assert (beacon["kind"], beacon["measured_power_dbm"], beacon["is_line_companion"]) == ("ibeacon", -59, True)
    assert json.loads(decode("020106", "--format", "json").stdout)["beacon"] is None


def test_json_of_a_broken_advertisement_names_the_problem():
    result = decode(WITHOUT_MESSAGE, "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problem"]["field"] == "device_message"


@pytest.mark.parametrize(
    ("env", "word"),
    [
        ({}, "旗標"),
        ({"LANG": "zh_TW.UTF-8"}, "旗標"),
        ({"LANG": "C.UTF-8"}, "旗標"),
        ({"LANG": "en_US.UTF-8"}, "flags"),
        ({"LANG": "zh_TW.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "flags"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, "旗標"),
    ],
)
def test_language_follows_the_terminal_and_is_zh_otherwise(env: dict[str, str], word: str):
    assert word in decode("020106", **env).stdout


def test_language_can_be_chosen():
    assert "flags" in decode("020106", "--lang", "en", LANG="zh_TW.UTF-8").stdout
    assert "旗標" in decode("020106", "--lang", "zh", LANG="en_US.UTF-8").stdout


@pytest.mark.parametrize("wrong", [[], ["02", "--lang", "fr"], ["02", "--format", "xml"], ["02", "--wrong"]])
def test_wrong_usage_is_exit_2(wrong: list[str]):
    assert decode(*wrong).exit_code == 2


def test_table_shows_a_name_with_brackets_as_it_is(capsys: pytest.CaptureFixture[str]):
    rendering.print_table(explain(bytes.fromhex("06095b7265645d")), "en")
    shown = capsys.readouterr().out
    assert "[red]" in shown
    assert "neither a LINE Simple Beacon nor an iBeacon" in shown


def test_help_names_only_what_exists():
    shown = CliRunner().invoke(main, ["--help"]).output
    named = [line.split()[0] for line in shown.partition("Commands:\n")[2].splitlines()]
    folder = Path(hardware.provisioning.commands.__file__).parent
    assert sorted(named) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    for name in named:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_help_shows_each_example_on_its_own_line():
    assert f"\n  beacon-kit decode {PUBLISHED}\n" in decode("--help").output


@pytest.mark.skipif(shutil.which("script") is None, reason="script(1) of bsdutils is not installed")
@pytest.mark.parametrize(("language", "words"), [("zh", "沒有裝置訊息"), ("en", "so LINE sends no event")])
def test_terminal_gets_a_table(language: str, words: str):
    # script(1) gives the command a terminal of its own.
    command = f"{sys.executable} -m hardware.provisioning decode {WITHOUT_MESSAGE} --lang {language}"
    ran = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 1
    assert "┏" in ran.stdout
    assert words in ran.stdout


def test_help_does_not_load_rich():
    program = "import sys, hardware.provisioning.__main__\nsys.exit(', '.join({'rich', 'bleak'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ran.stderr.strip() == ""
