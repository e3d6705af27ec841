"""The settings' file: defaults, and all problems at once."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from beacon_agent.__main__ import main
from beacon_agent.config import Config, ConfigError, load_config


def test_without_a_file_everything_is_as_it_comes(tmp_path: Path):
    config = load_config(tmp_path / "none.toml")
    assert config == Config()
    assert (config.state, config.adapter) == (Path("/var/lib/beacon-agent"), "hci0")
    assert config.status_file == Path("/run/beacon-agent/status.json")


def test_a_file_changes_what_it_names(tmp_path: Path):
    path = tmp_path / "agent.toml"
    path.write_text('[agent]\nstate = "/srv/a"\nadapter = "hci1"\noutbox_days = 3\noutbox_megabytes = 1\n')
    assert load_config(path) == Config(state=Path("/srv/a"), adapter="hci1", outbox_days=3, outbox_megabytes=1)


def test_every_problem_is_told_at_once_with_exit_2(tmp_path: Path):
    path = tmp_path / "agent.toml"
    path.write_text(
        '[agent]\nstate = "here"\nadapter = "usb0"\noutbox_days = 31\noutbox_megabytes = true\ncolour = 1\n[other]\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    said = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 6
    for words in (
        "absolute path",
        "such as hci0",
        "from 1 to 30",
        "from 1 to 100000",
        "no such setting",
        "no table [other]",
    ):
        assert words in said
    ran = CliRunner().invoke(main, ["run", "--config", str(path)])
    assert (ran.exit_code, ran.stderr.count("error: ")) == (2, 6)


@pytest.mark.parametrize("content", [b"[agent", b"\xff", b"agent = 1"])
def test_what_is_no_toml_is_said(tmp_path: Path, content: bytes):
    path = tmp_path / "agent.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=str(path)):
        load_config(path)
