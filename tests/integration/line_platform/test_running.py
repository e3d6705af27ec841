"""The program and its configuration file."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.line_platform import ConfigError, LinePlatform, PlatformConfig

ROOT = Path(__file__).parents[3]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.line_platform", *arguments]


def test_program_serves_its_configuration_until_terminated(tmp_path):
    config = tmp_path / "platform.json"
    config.write_text(json.dumps({"phones": [{"name": "陳志明", "note": "428100"}]}), encoding="utf-8")
    arguments = command("--config", str(config))
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx2.get(f"{url}/_/state").json()["phones"][0]["note"] == "428100"
        assert "<!doctype html>" in httpx2.get(url).text
        with httpx2.stream("GET", f"{url}/_/stream") as stream:  # an open page does not keep it from ending
            assert next(stream.iter_text()).startswith("data: ")
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def test_program_names_every_problem_of_its_configuration(tmp_path):
    config = tmp_path / "platform.json"
    config.write_text('{"prot": 1, "phones": [{"nme": "x"}], "bot_user_id": "U1"}')
    done = subprocess.run(
        command("--config", str(config)), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "unknown setting 'prot'",
        "phones[0]: unknown setting 'nme'",
        "phones[0].name: required",
        "bot_user_id: expected U and 32 lower-case hexadecimal digits",
    ]


@pytest.mark.parametrize("content", [None, "{", '{"zones": [{}]}'])
def test_configuration_file_that_cannot_be_used_is_refused(tmp_path, content):
    path = tmp_path / "platform.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"platform\.json|zones\[0\]\.code: required"):
        PlatformConfig.from_file(path)


def test_program_says_when_the_port_is_taken(line):
    port = line.url.rpartition(":")[2]
    done = subprocess.run(command("--port", port), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (1, f"127.0.0.1:{port}: Address already in use\n")


def test_double_ids_are_refused():
    phones = [{"name": "x", "line_user_id": "U" + "0" * 32}] * 2
    zones = [{"code": "A"}, {"code": "A"}]
    with pytest.raises(ConfigError, match=r"zone code 'A' is used twice.*LINE user ID 'U0+' is used twice"):
        PlatformConfig.from_mapping({"phones": phones, "zones": zones})


def test_two_platforms_do_not_share_anything():
    with LinePlatform() as first, LinePlatform() as second:
        first.add_phone("陳志明")
        assert first.url != second.url
        assert httpx2.get(f"{second.url}/_/state").json()["phones"] == []
