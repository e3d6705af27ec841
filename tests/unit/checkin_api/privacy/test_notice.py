"""The privacy notice: both languages say the same things, of what is kept, and a change of it has a new version."""

import hashlib
import json
import re
from dataclasses import asdict

import pytest

from checkin_api.config import Settings
from checkin_api.privacy import VERSION, notice, notice_version
from checkin_api.privacy.own_data import SECTIONS, TRACES
from checkin_api.privacy.retention import FOLLOWS_PUNCHES, Period, Since, retention

AGENCY = "臺中市政府警察局 / Taichung City Police Department"
CONTACT = "人事室 04-2328-9100"
PERIODS = retention(Settings.model_construct())
BOTH = notice(PERIODS, agency=AGENCY, contact=CONTACT)
# Of each version, a hash of everything it says; one that was released is never changed here.
VERSIONS = {"1": "b52122a2cb4dd986"}


def test_a_changed_text_or_period_has_a_new_version():
    said = json.dumps([asdict(BOTH["zh"]), asdict(BOTH["en"])], ensure_ascii=False, sort_keys=True)
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == VERSIONS[VERSION]


def test_other_periods_are_another_version_and_the_same_ones_again_the_same():
    longer = retention(Settings.model_construct(retention_presences=60))
    other, back = notice_version(longer), notice_version(PERIODS)
    assert re.fullmatch(rf"{VERSION}-[0-9a-f]{{8}}", other)
    assert (back, notice_version(longer)) == (VERSION, other)
    assert other != notice_version(retention(Settings.model_construct(retention_presences=61)))
    rows = {row.data: row.kept for row in notice(longer, agency=AGENCY, contact=CONTACT)["en"].table.rows}
    assert rows["presences"] == "60 days"


def test_what_is_a_part_of_a_punch_is_kept_as_long_as_punches():
    longer = retention(Settings.model_construct(retention_punches=3650))
    assert {longer[kind] for kind in ("punches", *FOLLOWS_PUNCHES)} == {Period(3650)}


def test_each_period_is_a_setting_but_those_that_follow_or_have_no_days():
    named = {name.removeprefix("retention_") for name in Settings.model_fields if name.startswith("retention_")}
    assert named == {kind for kind, period in PERIODS.items() if period.days is not None} - set(FOLLOWS_PUNCHES)
    for number, kind in enumerate(sorted(named), 9000):
        assert retention(Settings.model_construct(None, **{f"retention_{kind}": number}))[kind].days == number


def test_both_languages_have_the_same_sections_and_the_same_rows():
    zh, en = BOTH["zh"], BOTH["en"]
    assert [len(each.paragraphs) for each in zh.sections] == [len(each.paragraphs) for each in en.sections]
    assert [row.data for row in zh.table.rows] == [row.data for row in en.table.rows]
    assert zh.table.columns.keys() == en.table.columns.keys() == {"what", "why", "kept", "who"}


def test_every_period_has_its_row_and_every_row_its_period():
    assert sorted(row.data for row in BOTH["zh"].table.rows) == sorted(PERIODS)


def test_whatever_is_in_the_copy_of_own_data_is_in_the_notice():
    assert {section.notice for section in {**SECTIONS, **TRACES}.values()} <= set(PERIODS)


def test_it_names_the_agency_and_whom_to_ask_each_in_its_language():
    for said, name in ((BOTH["zh"], "臺中市政府警察局"), (BOTH["en"], "Taichung City Police Department")):
        first = said.sections[0].paragraphs
        assert first[0].startswith(name)
        assert CONTACT in first[1]
    assert "Taichung" not in json.dumps(asdict(BOTH["zh"]), ensure_ascii=False)
    plain = notice(PERIODS, agency="本機關 / the agency", contact="人事單位 / the HR office")
    assert plain["en"].sections[0].paragraphs[0].startswith("The agency collects")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_plain_text_without_a_placeholder_left(language):
    texts = re.findall(r'"([^"]*)"', json.dumps(asdict(BOTH[language]), ensure_ascii=False))
    assert texts
    assert not [text for text in texts if re.search(r"[<>{}*`#]|\]\(", text)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_what_the_law_wants_said(language):
    # Source: Personal Data Protection Act, article 8: agency, purpose, kinds, period, area, recipients, method, rights,
    # and what follows a refusal.
    said = json.dumps(asdict(BOTH[language]), ensure_ascii=False)
    wanted = {
        "zh": ["特定目的", "保存多久", "伺服器", "看得到", "自動化", "複製本", "更正", "停止", "刪除", "不提供會怎樣"],
        "en": ["specific purpose", "Kept for", "servers", "sees it", "automatically", "copy", "corrected", "stopped"],
    }
    assert [word for word in wanted[language] if word not in said] == []


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period(30), ("30 天", "30 days")),
        (Period(365), ("1 年", "1 year")),
        (Period(1825, Since.SERVICE_ENDED), ("離職後 5 年", "5 years after you leave the service")),
        (Period(366), ("366 天", "366 days")),
        (Period(90, Since.ENDED), ("停用後 90 天", "90 days after it has ended")),
        (Period(None, Since.ENDED), ("到您停用為止", "until you end it")),
        (Period(None), ("不刪除", "for good")),
    ],
)
def test_a_period_reads_well(period: Period, words: tuple[str, str]):
    assert period.words() == words
