"""Corrections 補打卡: who may do what in which state, which times may be corrected, what may be attached."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from checkin_api.domain import words
from checkin_api.domain.attachments import SIZE_LIMIT, Attachment, judge_attachment
from checkin_api.domain.corrections import (
    Actor,
    Case,
    Policy,
    approve,
    clean_text,
    judge_text,
    judge_time,
    month_of,
    reject,
    withdraw,
)
from checkin_api.domain.ids import CorrectionKind, CorrectionRefusal, CorrectionState, StaffNo

TAIPEI, BERLIN = ZoneInfo("Asia/Taipei"), ZoneInfo("Europe/Berlin")
POLICY = Policy(quota=3, days=31, zone=TAIPEI)
NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def officer(staff_no: str) -> Actor:
    return Actor("cli:root", StaffNo(staff_no))


# The correction is about ANN 王; HR asked for it; BOB 李 endorses, CAT 陳 is another superior.
ANN, BOB, CAT, HR = officer("A0001"), officer("A0002"), officer("A0003"), Actor("console:hr")


def case(state: str, endorsed_by: str = "") -> Case:
    return Case(state=CorrectionState(state), officer=ANN.name, requested_by=HR.name, endorsed_by=endorsed_by)


# 審核 / approving.  狀態 state, 初審者 endorsed by, 誰 who, 兩級 two steps, 結果 outcome
APPROVALS = [
    ("requested", "", BOB, False, "approved"),
    ("requested", "", BOB, True, "endorsed"),
    ("endorsed", BOB.name, CAT, True, "approved"),
    ("endorsed", BOB.name, BOB, True, "same_approver"),  # 初審與複審同一人 / one person twice
    ("endorsed", BOB.name, BOB, False, "same_approver"),  # 其間改為一級 / the switch was turned off meanwhile
    ("endorsed", BOB.name, CAT, False, "approved"),
    ("requested", "", ANN, False, "own_record"),  # 自己的打卡 / their own record
    ("requested", "", HR, False, "own_request"),  # 自己提出的 / their own request
    ("endorsed", BOB.name, ANN, True, "own_record"),
    ("endorsed", BOB.name, HR, True, "own_request"),
    ("approved", "", BOB, False, "closed"),
    ("approved", BOB.name, CAT, True, "closed"),
    ("rejected", "", BOB, False, "closed"),
    ("withdrawn", "", BOB, False, "closed"),
]


@pytest.mark.parametrize(("state", "endorsed_by", "who", "two_step", "outcome"), APPROVALS)
def test_approval(state: str, endorsed_by: str, who: Actor, two_step: bool, outcome: str):
    assert approve(case(state, endorsed_by), who, two_step=two_step) == outcome


# 駁回 / rejecting
REJECTIONS = [
    ("requested", "", BOB, "rejected"),
    ("endorsed", BOB.name, CAT, "rejected"),
    ("endorsed", BOB.name, BOB, "rejected"),  # 初審者改變主意 / the first approver thinks again
    ("requested", "", ANN, "own_record"),
    ("requested", "", HR, "own_request"),
    ("approved", "", BOB, "closed"),
    ("rejected", "", BOB, "closed"),
    ("withdrawn", "", BOB, "closed"),
]


@pytest.mark.parametrize(("state", "endorsed_by", "who", "outcome"), REJECTIONS)
def test_rejection(state: str, endorsed_by: str, who: Actor, outcome: str):
    assert reject(case(state, endorsed_by), who) == outcome


# 撤回 / withdrawing
WITHDRAWALS = [
    ("requested", ANN, "withdrawn"),  # 本人 / the officer
    ("requested", HR, "withdrawn"),  # 申請人 / whoever asked
    ("endorsed", ANN, "withdrawn"),
    ("requested", BOB, "not_theirs"),
    ("endorsed", BOB, "not_theirs"),
    ("approved", ANN, "closed"),
    ("rejected", HR, "closed"),
    ("withdrawn", ANN, "closed"),
]


@pytest.mark.parametrize(("state", "who", "outcome"), WITHDRAWALS)
def test_withdrawal(state: str, who: Actor, outcome: str):
    assert withdraw(case(state), who) == outcome


def test_officer_with_two_accounts_is_one_person():
    asked = Case(state=CorrectionState.REQUESTED, officer=BOB.name, requested_by=ANN.name)
    assert approve(asked, Actor("console:wang", StaffNo("A0001")), two_step=False) is CorrectionRefusal.OWN_REQUEST
    assert withdraw(asked, Actor("liff", StaffNo("A0001"))) is CorrectionState.WITHDRAWN


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (NOW - SECOND, None),
        (NOW, None),
        (NOW + SECOND, CorrectionRefusal.FUTURE),
        (NOW - timedelta(days=31), None),
        (NOW - timedelta(days=31) - SECOND, CorrectionRefusal.TOO_OLD),
    ],
)
def test_time_is_past_and_not_too_old(at: datetime, refusal: CorrectionRefusal | None):
    assert judge_time(at, NOW, POLICY) is refusal


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("手機沒電", None),
        ("", CorrectionRefusal.NO_REASON),
        (" \n\t\u200b", CorrectionRefusal.NO_REASON),
        ("手" * 400, None),
        ("手" * 401, CorrectionRefusal.TEXT_TOO_LONG),
    ],
)
def test_reason_says_something_and_fits(text: str, refusal: CorrectionRefusal | None):
    assert judge_text(clean_text(text)) is refusal


def test_text_keeps_its_lines_and_loses_what_nobody_sees():
    assert clean_text(" 手機\x00沒電\n\u202e換機 ") == "手機沒電\n換機"


@pytest.mark.parametrize(
    ("at", "zone", "begin", "end"),
    [
        # 同一瞬間在兩地是不同的月 / one instant, two months
        ("2026-11-30T16:00+00:00", TAIPEI, "2026-12-01T00:00+08:00", "2027-01-01T00:00+08:00"),
        ("2026-11-30T15:59:59+00:00", TAIPEI, "2026-11-01T00:00+08:00", "2026-12-01T00:00+08:00"),
        # 夏令時間交替的月 / the month that loses an hour
        ("2026-03-29T12:00+00:00", BERLIN, "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
        ("2028-02-29T12:00+00:00", TAIPEI, "2028-02-01T00:00+08:00", "2028-03-01T00:00+08:00"),
    ],
)
def test_month_is_that_of_the_place(at: str, zone: ZoneInfo, begin: str, end: str):
    found = month_of(datetime.fromisoformat(at), zone)
    assert found == (datetime.fromisoformat(begin), datetime.fromisoformat(end))


# --- attachments -----------------------------------------------------------------------------------------------------

JPEG, PNG, PDF = b"\xff\xd8\xff\xe0rest", b"\x89PNG\r\n\x1a\nrest", b"%PDF-1.7\nrest"


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("證明.jpg", JPEG, "證明.jpg"),
        ("scan.JPEG", JPEG, "scan.jpeg"),
        ("scan.png", JPEG, "scan.png.jpg"),  # 副檔名不實 / an ending that lies
        ("證明", PNG, "證明.png"),
        ("a.pdf", PDF, "a.pdf"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("C:\\temp\\x.pdf", PDF, "x.pdf"),
        ("a\x00b\u202e\n.pdf", PDF, "ab.pdf"),
        ('a<b>:"|?*.pdf', PDF, "a_b______.pdf"),
        (".pdf", PDF, "pdf.pdf"),
        ("..", PDF, "attachment.pdf"),
        ("", JPEG, "attachment.jpg"),
        ("長" * 300 + ".pdf", PDF, "長" * 60 + ".pdf"),
    ],
)
def test_attachment_gets_a_harmless_name_that_tells_its_kind(name: str, content: bytes, kept: str):
    assert judge_attachment(Attachment(name, content)) == Attachment(kept, content)


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90", b"<html>", b"GIF89a", b"\xff\xd8", b" %PDF-1.7", b"\x89PNG\n\x1a\n", b"PK\x03\x04"]
)
def test_attachment_of_another_kind_is_refused_whatever_its_name(content: bytes):
    assert judge_attachment(Attachment("a.pdf", content)) is CorrectionRefusal.ATTACHMENT_KIND


def test_attachment_has_five_mebibytes_at_most():
    largest = PDF.ljust(5 * 1024 * 1024, b" ")
    assert len(largest) == SIZE_LIMIT
    assert isinstance(judge_attachment(Attachment("a.pdf", largest)), Attachment)
    assert judge_attachment(Attachment("a.pdf", largest + b" ")) is CorrectionRefusal.ATTACHMENT_TOO_LARGE


@pytest.mark.parametrize(
    ("said", "members"),
    [
        (words.CORRECTION_KIND, CorrectionKind),
        (words.CORRECTION_STATE, CorrectionState),
        (words.CORRECTION_REFUSAL, CorrectionRefusal),
    ],
)
def test_every_word_is_there_in_both_languages(said: dict[StrEnum, tuple[str, str]], members: type[StrEnum]):
    assert set(said) == set(members)
    assert all(zh and en and zh != en for zh, en in said.values())
