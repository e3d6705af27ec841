"""Files that are whole or not there."""

from pathlib import Path

import pytest

from reports.writing import whole_file


def test_file_appears_with_its_content(tmp_path: Path):
    with whole_file(tmp_path / "sub" / "report.csv") as file:
        file.write(b"content")
        assert not (tmp_path / "sub" / "report.csv").exists()
    assert (tmp_path / "sub" / "report.csv").read_bytes() == b"content"


def test_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path):
    path = tmp_path / "report.csv"
    path.write_bytes(b"old")

    def fail() -> None:
        with whole_file(path) as file:
            file.write(b"half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        fail()
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("report.csv", b"old")]
