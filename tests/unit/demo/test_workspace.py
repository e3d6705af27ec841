"""The folder of a demonstration keeps its secrets to itself and remembers what is imported."""

import subprocess
from pathlib import Path

import pytest

from tests.demo.errors import DemoError
from tests.demo.workspace import Workspace


def test_a_second_run_reads_the_secrets_of_the_first(tmp_path: Path):
    first = Workspace(tmp_path).settings("http://127.0.0.1:1")
    assert Workspace(tmp_path).settings("http://127.0.0.1:1") == first


def test_files_with_secrets_are_for_their_owner_alone(tmp_path: Path):
    workspace = Workspace(tmp_path)
    workspace.settings("http://127.0.0.1:1")
    workspace.platform_config({})
    assert {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("secrets.json", "env.sh", "platform.json")} == {
        "secrets.json": 0o600,
        "env.sh": 0o600,
        "platform.json": 0o600,
    }


def test_a_shell_reads_the_settings_from_a_folder_with_a_space_and_a_quote(tmp_path: Path):
    workspace = Workspace(tmp_path / "it's here")
    workspace.folder.mkdir()
    settings = workspace.settings("http://127.0.0.1:1")
    script = '. "$0" && printf %s "$CHECKIN_DATABASE_URL"'
    done = subprocess.run(["sh", "-c", script, workspace.env_file], capture_output=True, text=True, check=True)
    assert done.stdout == settings["CHECKIN_DATABASE_URL"]


def test_a_changed_file_and_a_new_database_are_imported_again(tmp_path: Path):
    workspace = Workspace(tmp_path)
    workspace.csvs.mkdir()
    roster = workspace.csvs / "roster.csv"
    roster.write_text("monday")
    (tmp_path / "checkin.db").touch()
    workspace.note_imported("roster")
    assert workspace.is_imported("roster")
    roster.write_text("tuesday")
    assert not workspace.is_imported("roster")
    roster.write_text("monday")
    (tmp_path / "checkin.db").unlink()
    assert not workspace.is_imported("roster")


def test_two_demonstrations_do_not_share_a_folder(tmp_path: Path):
    with Workspace(tmp_path).lock(), pytest.raises(DemoError, match="choose --folder"), Workspace(tmp_path).lock():
        pass
