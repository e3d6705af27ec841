"""The documents keep up with the code: settings, commands, reasons, columns, links, versions."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import click
import pytest

import checkin_api
from checkin_api.cli import main
from checkin_api.config import PREFIX, Settings
from checkin_api.domain.ids import (
    AlarmKind,
    Assurance,
    BeaconKind,
    Disposition,
    EventState,
    Flag,
    HoursRule,
    PrivacyRequestKind,
    Proof,
    Reason,
    Status,
    ZoneMode,
)
from checkin_api.imports.layouts import LAYOUTS, Kind
from checkin_api.queries import Completeness
from hardware.provisioning.__main__ import _COMMANDS as KIT_COMMANDS
from reports.summary import DayRows, summarise
from reports.tables import Report, daily_report

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GUIDES = ("officer.md", "hr.md", "installer.md")


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _prose(markdown: str) -> str:
    """The text without its code blocks."""
    return re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)


def _commands(group: click.Group, *before: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, *before, name)
        else:
            yield " ".join((*before, name))


def _empty_report() -> Report:
    zone = ZoneInfo("Asia/Taipei")
    rows = DayRows(units=(), duties=(), punches=(), refusals=(), checkups=(), completeness=Completeness(None, 0))
    usage = summarise(rows, "2026-11-23", zone, unit=None)
    return daily_report(usage, made_at=datetime(2026, 11, 24, tzinfo=UTC), zone=zone)


def _report_keys() -> list[str]:
    report = _empty_report()
    keys = [fact.key for fact in report.facts]
    return sorted({*keys, *(column.key for table in report.tables for column in table.columns)})


def _anchors(markdown: str) -> set[str]:
    """The anchors of the headings, made the way GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", _prose(markdown), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("setting", Settings.model_fields)
def test_every_setting_is_on_the_installers_page(setting: str):
    assert f"`{PREFIX}{setting.upper()}`" in _read("docs/installer.md")


def test_the_installers_page_names_no_setting_that_is_gone():
    rows = [line for line in _read("docs/installer.md").splitlines() if line.startswith(f"| `{PREFIX}")]
    named = {name for row in rows for name in re.findall(rf"`{PREFIX}(\w+)`", row.split("|")[1])}
    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("command", list(_commands(main)))
def test_every_command_is_in_a_guide(command: str):
    assert any(f"checkin {command}" in _read(f"docs/{guide}") for guide in GUIDES)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained_to_officers_in_both_languages(reason: Reason):
    assert _read("docs/officer.md").count(f"`{reason}`") >= 2


@pytest.mark.parametrize("kind", Kind)
def test_every_import_kind_and_column_is_on_hrs_page(kind: Kind):
    page = _read("docs/hr.md")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{kind}`"))
    for column in LAYOUTS[kind].columns:
        shown = f"`{column.name}`"
        assert (f"**{shown}**" if column.required else shown) in row


@pytest.mark.parametrize("key", _report_keys())
def test_every_number_of_the_report_is_defined_on_hrs_page(key: str):
    definitions = [line for line in _read("docs/hr.md").splitlines() if line.startswith("| `")]
    assert any(f"`{key}`" in line.split("|")[1] for line in definitions)


@pytest.mark.parametrize(
    "words", [EventState, ZoneMode, Assurance, HoursRule, BeaconKind, Status, Flag, Disposition, PrivacyRequestKind]
)
def test_every_word_that_hr_writes_or_reads_is_on_hrs_page(words: type[StrEnum]):
    page = _read("docs/hr.md")
    assert [word for word in words if f"`{word}`" not in page] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_relative_link_leads_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(document.read_text("utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = unquote(target).partition("#")
        found = document.parent / path if path else document
        assert found.exists(), target
        if anchor:
            assert anchor in _anchors(found.read_text("utf-8")), target


def test_the_readmes_commands_are_make_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", _read("Makefile"), flags=re.MULTILINE))
    blocks = re.findall(r"^```sh\n(.*?)^```", _read("README.md"), flags=re.DOTALL | re.MULTILINE)
    commands = [line.split("#")[0].split() for block in blocks for line in block.splitlines() if line.strip()]
    assert commands == [["make", "run"], ["make", "test"]]
    assert {command[1] for command in commands} <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_a_document_names_only_make_targets_that_exist(document: Path):
    targets = set(re.findall(r"^([a-z-]+):", _read("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", document.read_text("utf-8"))) <= targets


def test_the_changelogs_newest_version_is_the_programs():
    versions = re.findall(r"^## \[([^\]]+)\]", _read("CHANGELOG.md"), flags=re.MULTILINE)
    assert versions[0] == checkin_api.__version__


def test_the_architecture_fits_a_sitting():
    assert len(_read("ARCHITECTURE.md").splitlines()) < 300


def test_the_license_is_whole():
    text = _read("LICENSE")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy" / "systemd").glob("*.service")), ids=lambda unit: unit.name)
def test_every_systemd_unit_is_on_the_installers_page(unit: Path):
    assert unit.name in _read("docs/installer.md")


@pytest.mark.parametrize("word", [*AlarmKind, *Proof])
def test_every_alarm_and_verdict_is_explained(word: str):
    guide = "docs/installer.md" if word in list(AlarmKind) else "docs/hr.md"
    assert f"`{word}`" in _read(guide)


@pytest.mark.parametrize("command", KIT_COMMANDS)
def test_every_command_of_the_kit_is_in_the_installers_guide(command: str):
    assert f"beacon-kit {command}" in _read("docs/installer.md")
