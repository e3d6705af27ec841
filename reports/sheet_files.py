"""Files of month sheets for signing: one PDF, or a ZIP with a PDF a unit; each read at one moment, then typeset."""

import hashlib
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, BinaryIO

from checkin_api import queries
from checkin_api.domain.calendar import is_working_day
from checkin_api.domain.leave import Leave
from checkin_api.domain.totals import totals
from checkin_api.queries import Completeness
from checkin_api.queries import sheets as asking
from checkin_api.queries.attendance import OfficerBlock, Period, attendance
from checkin_api.queries.sheets import AuditHead, SheetOfficer
from reports.roc import roc_month, roc_time
from reports.sheet_layout import WIDTHS, laid_out
from reports.sheets import Found, Month, Person, Sheet, days_of, sheet_of
from reports.typesetting import Typesetter
from reports.wanted import Question, Wanted, WantedError, Written, safe_name

TITLE = "個人差勤紀錄表"
FORMS = ("pdf", "zip")
# Sheets in one PDF: they are in memory together, some 0.5 MB each.
LARGEST_PDF = 200

LEGEND = (
    "補＝經核准的補打卡；*＝證明力低於簽到區要求；前、翌＝前一日、次日；—＝應有而沒有打卡；休與灰底＝放假日；"
    "分鐘欄空白＝0 或無從計算；加班為候選，核定另依規定；深夜＝0–6 時。 / "
    "補 approved correction; * weak proof; 前, 翌 the day before, after; — no punch; 休 and grey: day off; "
    "empty: 0 or unknown; Over: overtime, a candidate only; Night: 0 to 6 h."
)


@dataclass(frozen=True, slots=True)
class _Read:
    """The sheets of one PDF, and the moment that all of it is of, as its foot says it."""

    sheets: Sequence[Sheet]
    foot: str


@dataclass(frozen=True, slots=True)
class _Maker:
    """What the PDFs of one file share."""

    question: Question
    typesetter: Typesetter

    def read(self, officers: Sequence[SheetOfficer]) -> _Read:
        """Their sheets in the same order, each whole, and all as they were at one moment.

        The transaction ends before anything is typeset: that takes minutes for a department, and whoever keeps one open
        so long keeps the database from clearing up. The next PDF is of a later moment, which its foot names.
        """
        question, wanted = self.question, self.question.wanted
        with question.database.snapshot() as session:
            # Who has gone since the officers were counted is left out; who was moved stands in the file of before.
            people = asking.sheet_officers(
                session, wanted.first, wanted.last, among=queries.of_officers([officer.id for officer in officers])
            )
            calendar = queries.calendar(session, wanted.first, wanted.last)
            month = Month(
                first=wanted.first,
                last=wanted.last,
                zone=question.rules.zone,
                off=frozenset(day for day in days_of(wanted.first, wanted.last) if not is_working_day(day, calendar)),
                notes=asking.day_notes(session, wanted.first, wanted.last),
                shifts=queries.shift_names(session),
            )
            blocks = attendance(session, _period(question), among=queries.of_officers([each.id for each in people]))
            made = dict(_sheets(blocks, {each.id: each for each in people}, month))
            foot = _foot(question, queries.completeness(session), asking.audit_head(session))
        return _Read([made[officer.id] for officer in officers if officer.id in made], foot)

    def pdf(self, read: _Read) -> bytes:
        """One PDF of them."""
        clean = lru_cache(self.typesetter.drawable)
        given = _given(self.question, read.foot)
        given = {name: clean(text) if isinstance(text, str) else text for name, text in given.items()}
        laid = [laid_out(sheet, clean) for sheet in read.sheets]
        made = self.typesetter.pdf({**given, "sheets": laid}, made_at=self.question.made_at, tagged=False)
        self.typesetter.forget({**given, "sheets": []})
        return made


def write_sheets(question: Question, outfile: BinaryIO) -> Written:
    """Write the sheets of the month that is wanted.

    As ``pdf`` they are one document, as ``zip`` one a unit, of at most ``LARGEST_PDF`` officers each; by unit and staff
    number. Officers are those in service in the month.

    Args:
        question: What is wanted, of whom, and who hears how far it is.
        outfile: Where to.

    Raises:
        WantedError: it is not one month, or too many officers for one PDF.
        NotFoundError: there is no such unit or officer.
        TypesettingError: a font is missing.
    """
    wanted = question.wanted
    maker = _Maker(question, Typesetter("sheet.typ"))
    with question.database.read() as session:
        among = queries.among(session, wanted.unit, wanted.officer)
        officers = asking.sheet_officers(session, wanted.first, wanted.last, among=among)
    _check(wanted, len(officers))
    return _write(maker, officers, outfile)


def _period(question: Question) -> Period:
    wanted, rules = question.wanted, question.rules
    return Period(first=wanted.first, last=wanted.last, as_of=question.made_at, zone=rules.zone, limits=rules.limits)


def _sheets(
    blocks: Iterable[OfficerBlock], people: Mapping[int, SheetOfficer], month: Month
) -> Iterator[tuple[int, Sheet]]:
    for block in blocks:
        leaves: defaultdict[int, list[Leave]] = defaultdict(list)
        for leave in block.attendance.facts.leave:
            leaves[leave.officer].append(leave)
        sums = totals(block.attendance.columns, block.of_period, officers=len(block.officers))
        records = {key: list(its) for key, its in groupby(block.records(), lambda record: record.officer)}
        for number, row in enumerate(block.officers):
            who = people[row.id]
            person = Person(who.staff_no, who.name, who.title, f"{who.unit_name}（{who.unit_code}）")
            found = Found(records.get(number, ()), sums[number], block.attendance.facts, leaves[number])
            yield row.id, sheet_of(person, month, found)


def _check(wanted: Wanted, officers: int) -> None:
    if (wanted.first.year, wanted.first.month) != (wanted.last.year, wanted.last.month):
        raise WantedError(f"{TITLE}一次一個月 / a sheet is of one month: {wanted.first} to {wanted.last} are several")
    if wanted.form not in FORMS:
        raise WantedError(f"{TITLE}沒有 {wanted.form} 格式 / sheets have no format {wanted.form}; {', '.join(FORMS)}")
    if wanted.form == "pdf" and officers > LARGEST_PDF:
        raise WantedError(
            f"{officers} 人超過一個 PDF 的 {LARGEST_PDF} 人，請選 zip / "
            f"{officers} officers are more than the {LARGEST_PDF} of one PDF: ask for zip"
        )


def _write(maker: _Maker, officers: Sequence[SheetOfficer], outfile: BinaryIO) -> Written:
    question, done, digest = maker.question, 0, hashlib.sha256()
    question.progress(done, len(officers))
    if question.wanted.form == "pdf":
        batches: Iterator[tuple[str, Sequence[SheetOfficer]]] = iter([("", officers)])
    else:
        batches = _batches(officers, question.wanted.first)
    archive = zipfile.ZipFile(outfile, "w") if question.wanted.form == "zip" else None
    for name, batch in batches:
        read = maker.read(batch)
        pdf = maker.pdf(read)
        if archive is None:
            outfile.write(pdf)
        else:
            moment = question.made_at.astimezone(question.rules.zone).timetuple()[:6]
            archive.writestr(zipfile.ZipInfo(name, moment), pdf)
        for sheet in read.sheets:
            digest.update(f"{sheet.person.staff_no} {sheet.sha256}\n".encode())
        done += len(read.sheets)
        question.progress(done, len(officers))
    if archive is not None:
        archive.close()
    return Written(done, digest.hexdigest())


def _batches(officers: Sequence[SheetOfficer], month: date) -> Iterator[tuple[str, Sequence[SheetOfficer]]]:
    """The files of a ZIP: a unit each, a large unit in parts; their names differ whatever the codes hold."""
    for number, (_, of_unit) in enumerate(groupby(officers, lambda officer: officer.unit_code), 1):
        unit = list(of_unit)
        stem = f"{number:03}_{safe_name(unit[0].unit_code)}_{safe_name(unit[0].unit_name)}_{month:%Y-%m}"
        parts = [unit[begin : begin + LARGEST_PDF] for begin in range(0, len(unit), LARGEST_PDF)]
        for part, batch in enumerate(parts, 1):
            yield (f"{stem}_{part}.pdf" if len(parts) > 1 else f"{stem}.pdf"), batch


def _given(question: Question, foot: str) -> dict[str, Any]:
    return {
        "title": TITLE,
        "agency": question.rules.agency,
        "month": roc_month(question.wanted.first),
        "legend": LEGEND,
        "foot": foot,
        "watermark": question.watermark,
        "widths": WIDTHS,
    }


def _foot(question: Question, completeness: Completeness, head: AuditHead | None) -> str:
    zone = question.rules.zone
    received = "無資料" if completeness.received_to is None else roc_time(completeness.received_to, zone)
    audit = f"第 {head.number} 筆 {head.hash[:16]}" if head else "無紀錄"
    return (
        f"資料截至 {received}（尚未處理事件 {completeness.undecided}）　稽核紀錄{audit}　"
        f"製表 {roc_time(question.made_at, zone)}（{question.made_by}）"
    )
