"""The console's exchange of files: profiles that lose nothing, own forms, a register compared and forgotten."""

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from checkin_api import audit, builds, exchange, tokens
from checkin_api import models as m
from checkin_api.building import Workshop, make, report_writer
from checkin_api.db import Database
from checkin_api.domain.ids import Direction, Role
from checkin_api.privacy.expiry import cut_offs, expired
from checkin_api.web.console import asking
from reports.swipe_profile import ready_profiles
from tests import builders
from tests.commands import checkin
from tests.console import MINE, TAIPEI, THEIRS, TODAY, Browser, Console, console
from tests.fakes import FakeClock
from tests.profile_form import form_of
from tests.workbooks import print_headers

READY = ready_profiles()["fixed-big5-roc"]
PERIOD = f"from={TODAY}&to={TODAY}"
ASKED = ("--from", str(TODAY), "--to", str(TODAY))


@pytest.fixture
def office(sqlite_url: str, clock: FakeClock) -> Iterator[Console]:
    database = Database(sqlite_url)
    office = console(database, clock)
    with database.write() as session:
        for officer in session.scalars(select(m.Officer)):
            builders.punch(session, officer, Direction.IN, datetime(2026, 11, 23, 8, 0, 30, tzinfo=TAIPEI))
    yield office
    office.close()
    database.close()


def form(**more: Any) -> dict[str, Any]:
    """The ready profile as the editor sends it; a list is a value a field."""
    sent = form_of(READY)
    found = {name: sent.getlist(name) if len(sent.getlist(name)) > 1 else sent[name] for name in sent}
    return {**found, "name": "差勤", **more}


def save(browser: Browser, **more: Any) -> Any:
    return browser.post("/exchange/swipes", form(**more))


def workbook(*rows: list[str]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(file)
    return file.getvalue()


DAILY = workbook(["{{date}} 應到 {{expected}} 人"], ["{{row.unit_code}}", "{{row.expected}}"])
MONTH = workbook(["{{first}}"], ["{{row.staff_no}}", "{{row.d01}}", "{{row.d31}}", "{{row.present}}"])


def keep(browser: Browser, content: bytes, **more: str) -> Any:
    sent = {"name": "使用率", "kind": "daily_usage", "file": (io.BytesIO(content), "f.xlsx"), **more}
    return browser.post("/exchange/forms", sent)


def test_a_profile_is_saved_and_the_command_line_finds_it_by_its_name(office: Console, sqlite_url: str):
    browser = office.open(Role.HR)
    assert save(browser).location == "/console/exchange?done=profile_saved"
    assert "差勤" in browser.get("/exchange").text
    assert "差勤  固定寬度" in checkin(sqlite_url, "report", "swipe-profile").stdout
    assert json.loads(checkin(sqlite_url, "report", "swipe-profile", "差勤").stdout)["encoding"] == "cp950"
    done = checkin(sqlite_url, "report", "swipe-file", "--profile", "差勤", *ASKED, "--preview", "5")
    assert done.stdout.splitlines() == ["A0001     115112308001000L", "A0002     115112308001000L"]
    with office.database.read() as session:
        [entry] = audit.entries(session, subject="swipe_profile:差勤")
    assert (entry.actor, entry.action, json.loads(entry.detail)["definition"]["encoding"]) == (
        "console:hr",
        "swipe_profile.save",
        "cp950",
    )


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        # Of two officers with five characters each.
        ({"width": ["4", "7", "4", "1", "3", "1"]}, "A0001 員警A0001：5 位元組，超過寬度 4"),
        ({"what": ["name", "date", "time", "direction", "device", "text"], "width": ["30", "7", "4", "1", "3", "1"]},
         "A0009 方堃：cp950 沒有這些字"),
        ({"name": "fixed-big5-roc"}, "是內附的設定檔"),
        ({"name": "../x"}, "名稱：最多 60 字"),
        ({"name": ""}, "名稱：不可空白"),
        ({"code_in": "12"}, "第 4 欄 簽到退代碼 12：2 位元組，超過寬度 1"),
        ({"width": ["", "7", "4", "1", "3", "1"]}, "第 1 欄 寬度：固定寬度的每一欄都要有寬度"),
    ],
)  # fmt: skip
def test_a_profile_that_would_lose_anything_is_refused_in_words(office: Console, sent: dict[str, Any], words: str):
    with office.database.write() as session:
        unit = session.scalars(select(m.Unit).where(m.Unit.code == MINE)).one()
        builders.officer(session, unit, staff_no="A0009", name="方堃")
    answer = save(office.open(Role.HR), **sent)
    assert (answer.status_code, words in answer.text) == (422, True)
    with office.database.read() as session:
        assert exchange.profiles(session) == []


def test_a_profile_is_renamed_by_who_has_seen_it_and_by_nobody_else(office: Console):
    browser = office.open(Role.HR)
    save(browser)
    with office.database.read() as session:
        [row] = exchange.profiles(session)
    assert save(browser, was="差勤", seen="0" * 16, title="x").status_code == 422
    assert "剛才被別人改過" in browser.page
    assert save(browser, was="\0", seen="x").status_code == 422
    assert save(browser, name="人事處", was="差勤", seen=row.version).status_code == 303
    assert "已有設定檔 人事處" in save(browser, name="人事處").text
    with office.database.read() as session:
        assert [each.name for each in exchange.profiles(session)] == ["人事處"]
    assert browser.post("/exchange/swipes/人事處/delete").status_code == 303
    assert browser.post("/exchange/swipes/人事處/delete").status_code == 404
    with office.database.read() as session:
        assert [entry.action for entry in audit.entries(session, subject="swipe_profile:人事處")] == [
            "swipe_profile.delete",
            "swipe_profile.save",
        ]


def test_the_preview_shows_blanks_and_what_would_be_cut(office: Console):
    browser = office.open(Role.HR)
    page = browser.post("/exchange/swipe-preview", form()).text
    assert "A0001␣␣␣␣␣" in page.replace("<code>", "").replace("</code>", "")
    page = browser.post("/exchange/swipe-preview", form(width=["4", "7", "4", "1", "3", "1"])).text
    assert "<mark>1</mark>" in page
    assert "不能儲存" in page
    page = browser.post("/exchange/swipe-draft", form(do="down:0")).text
    assert page.index('value="date" selected') < page.index('value="staff_no" selected')
    page = browser.post("/exchange/swipe-preview", form(title="<script>alert(1)</script>", encoding="<b>")).text
    assert "<b>" not in page
    assert "編碼：只能是" in page


def test_a_swipe_file_is_taken_on_the_record_or_not_made(office: Console):
    browser = office.open(Role.HR)
    place = "/exchange/swipes/fixed-big5-roc/file"
    assert "打卡 <b>1</b>" in browser.get(f"{place}/check?{PERIOD}&unit={MINE}").text
    answer = browser.get(f"{place}/download?{PERIOD}&unit={MINE}")
    assert answer.data == b"A0001     115112308001000L\r\n"
    with office.database.read() as session:
        [row] = builds.downloads(session)
    assert (row.kind, row.row_count, row.by) == ("swipe_file", 1, "console:hr")
    assert row.file_name == "fixed-big5-roc_S01_2026-11-23.txt"
    assert row.file_name in browser.get("/reports/downloads").text
    with office.database.write() as session:
        officer = session.scalars(select(m.Officer).where(m.Officer.staff_no == "A0001")).one()
        zone = builders.zone(session, code="Z9")
        builders.punch(session, officer, Direction.OUT, datetime(2026, 11, 23, 17, tzinfo=TAIPEI), zone_id=zone.id)
    answer = browser.get(f"{place}/download?{PERIOD}")
    assert (answer.status_code, "簽到區 Z9 沒有設備號碼" in answer.text) == (409, True)
    assert browser.get(f"{place}/check?from=2026-11-23&to=2027-11-23").status_code == 422
    assert browser.get("/exchange/swipes/no-such/file").status_code == 404


def test_a_swipe_file_of_many_is_made_in_the_background(
    office: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 1)
    browser = office.open(Role.HR)
    place = "/exchange/swipes/fixed-big5-roc/file"
    assert "在背景製作" in browser.get(f"{place}/check?{PERIOD}").text
    assert browser.get(f"{place}/download?{PERIOD}").status_code == 409
    sent = {"from": str(TODAY), "to": str(TODAY), "unit": THEIRS}
    assert browser.post(place, sent).location == "/console/reports?done=ordered"
    assert "刷卡檔" in browser.get("/reports").text
    shop = Workshop(office.database, office.clock, tmp_path, report_writer(office.database, office.settings), "test")
    with office.database.read() as session:
        [row] = builds.history(session)
    assert make(shop, row.id)
    assert builds.path_of(tmp_path, row.id, row.form).read_bytes() == b"A0002     115112308001000L\r\n"
    with office.database.read() as session:
        assert builds.build(session, row.id).file_name == "fixed-big5-roc_S02_2026-11-23.txt"


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
def test_a_swipe_file_of_the_background_is_for_hr_alone(office: Console, role: Role):
    order, now = exchange.order_of("fixed-big5-roc", TODAY, TODAY, MINE), office.clock.now()
    with office.database.write() as session:
        build_id = builds.order(session, now, order, actor="console:hr").build_id
    for who, status in ((role, 404), (Role.HR, 409), (Role.ADMIN, 409)):
        browser = office.open(who)
        assert (str(build_id) in browser.get("/reports").text) is (status == 409)
        assert browser.get(f"/reports/{build_id}/file").status_code == status
        assert browser.post(f"/reports/{build_id}/retry").status_code == status
    with office.database.write() as session:
        token = tokens.issue(
            session, now, name="x", role=role, unit=MINE if role is Role.SUPERVISOR else None, days=1, actor="test"
        )
    client, headers = office.app.test_client(), {"Authorization": f"Bearer {token}"}
    told = client.get("/api/v1/reports", headers=headers).get_json()
    assert told["builds"] == []
    # An auditor is still offered what is about the whole department.
    assert ("fleet_health" in {kind["kind"] for kind in told["kinds"]}) is (role is Role.AUDITOR)
    for path in ("", "/file"):
        assert client.get(f"/api/v1/reports/{build_id}{path}", headers=headers).status_code == 404


def test_a_form_is_checked_kept_filled_in_replaced_and_deleted(office: Console, sqlite_url: str):
    browser = office.open(Role.HR)
    assert keep(browser, DAILY).location == "/console/exchange?done=form_saved"
    assert "已有表格 使用率" in keep(browser, DAILY).text
    answer = browser.get(f"/exchange/forms/使用率/filled?from={TODAY}&unit={MINE}")
    assert list(load_workbook(io.BytesIO(answer.data)).worksheets[0].values) == [
        ("2026-11-23 應到 1 人", None),
        ("S01", 1),
    ]
    done = checkin(sqlite_url, "report", "fill", "--template", "使用率", "--date", str(TODAY), "--output", "-")
    assert done.exit_code == 0, done.stderr
    assert browser.get("/exchange/forms/使用率/file").data == DAILY
    other = {"file": (io.BytesIO(workbook(["{{date}}"])), "f.xlsx")}
    assert browser.post("/exchange/forms/使用率/replace", other).status_code == 303
    assert browser.get("/exchange/forms/使用率/file").data != DAILY
    assert browser.post("/exchange/forms/使用率/delete").status_code == 303
    assert "還沒有表格" in browser.get("/exchange").text


def test_a_month_matrix_fills_a_form_whatever_days_the_month_has(office: Console):
    browser = office.open(Role.HR)
    assert keep(browser, MONTH, name="月表", kind="month_matrix").status_code == 303
    answer = browser.get("/exchange/forms/月表/filled?month=2026-11&officer=A0001")
    rows = list(load_workbook(io.BytesIO(answer.data)).worksheets[0].values)
    assert [row[0] for row in rows] == ["2026-11-01", "A0001"]
    assert rows[1][2] is None
    records = workbook(["{{row.duty_date}}", "{{row.status_zh}}"])
    assert keep(browser, records, name="紀錄", kind="duty_records").status_code == 303
    answer = browser.get(f"/exchange/forms/紀錄/filled?{PERIOD}&unit={THEIRS}")
    assert [f"{row[0]:%Y-%m-%d}" for row in load_workbook(io.BytesIO(answer.data)).worksheets[0].values] == [str(TODAY)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK no form", "這個檔案不是 XLSX：請以 Excel 開啟"),
        (workbook(["{{expected2}}"]), "<li>Sheet!A1：不認得 {{expected2}}，最接近的是 {{expected}}</li>"),
        (workbook(["x"]), "沒有任何 {{…}}"),
    ],
)
def test_a_form_that_cannot_be_filled_in_is_refused_by_cell(office: Console, content: bytes, words: str):
    answer = keep(office.open(Role.HR), content)
    assert answer.status_code == 422
    assert words in answer.text
    # What it may ask for is on the same page.
    assert "{{row.unit_code}}" in answer.text
    # So is the form again, with what was chosen.
    assert 'name="name" value="使用率"' in answer.text
    assert '<option value="daily_usage" selected>' in answer.text


def test_a_day_of_a_month_is_explained_as_that_of_any_month(office: Console):
    page = office.open(Role.HR).get("/exchange/placeholders?kind=month_matrix").text
    assert "<code>{{row.d01}}</code></th><td>當月 1 日</td>" in page


def test_the_limit_of_a_swipe_file_and_its_emptiness_are_told_before_the_download(office: Console):
    browser = office.open(Role.HR)
    assert "一個檔最多 62 天" in browser.get("/exchange/swipes/fixed-big5-roc/file").text
    check = "/exchange/swipes/fixed-big5-roc/file/check"
    refused = browser.get(f"{check}?from=2026-09-01&to=2026-11-23")
    assert (refused.status_code, "請分成幾個檔案" in refused.text) == (422, True)
    assert "沒有任何打卡" in browser.get(f"{check}?from=2026-11-01&to=2026-11-02").text
    assert "沒有任何打卡" not in browser.get(f"{check}?{PERIOD}").text


def test_a_supervisor_fills_in_forms_about_the_own_unit_and_no_other(office: Console):
    keep(office.open(Role.HR), DAILY)
    chief = office.open(Role.SUPERVISOR)
    assert "刷卡檔" not in chief.get("/exchange").text
    assert chief.get(f"/exchange/forms/使用率/filled?from={TODAY}&unit={THEIRS}").status_code == 404
    answer = chief.get(f"/exchange/forms/使用率/filled?from={TODAY}")
    assert load_workbook(io.BytesIO(answer.data)).worksheets[0]["A2"].value == MINE
    assert chief.get("/exchange/placeholders?kind=fleet_health").status_code == 403


def register(browser: Browser, content: str, path: str = "", **more: str) -> Any:
    sent = {"from": str(TODAY), "to": str(TODAY), "file": (io.BytesIO(content.encode()), "r.csv"), **more}
    return browser.post(f"/exchange/reconcile{path}", sent)


REGISTER = """staff_no,at,direction
A0001,2026-11-23T08:09+08:00,in
A0002,2026-11-23T12:00+08:00,in
X9,2026-11-23T08:00+08:00,in
"""


def test_a_register_is_compared_shown_by_kind_taken_and_forgotten(office: Console, clock: FakeClock):
    clock.advance(seconds=timedelta(days=1).total_seconds())
    browser = office.open(Role.HR)
    page = register(browser, REGISTER).text
    assert "不會存在伺服器上" in page
    assert "/A0001/2026-11-23" in page
    for words in ("兩邊時間不同", "登記簿的員警編號不存在", "登記簿有、本系統沒有"):
        assert f'<h2>{words} <span class="soft">1</span></h2>' in page
    assert "登記簿 2 " in register(browser, "\n".join(REGISTER.splitlines()[:3]), unit=MINE).text
    rows = register(browser, REGISTER, "/csv").data.decode("utf-8-sig")
    assert "time_differs,兩邊時間不同" in rows
    assert register(browser, REGISTER, "/xlsx").data.startswith(b"PK")
    assert register(browser, REGISTER, "/exe").status_code == 404
    with office.database.read() as session:
        assert [row.kind for row in builds.downloads(session)] == ["reconciliation", "reconciliation"]


def test_every_workbook_bears_who_took_it_where_the_setting_says_so(office: Console):
    office.app.extensions["settings"] = office.settings.model_copy(update={"report_watermark": True})
    browser = office.open(Role.HR)
    keep(browser, DAILY)
    browser.get("/privacy/breaches")
    number = browser.post("/privacy/breaches", {"text": "遺失"}).location.rpartition("/")[2].partition("?")[0]
    taken = (
        browser.get(f"/exchange/forms/使用率/filled?from={TODAY}&unit={MINE}"),
        register(browser, REGISTER, "/xlsx"),
        browser.get(f"/privacy/breaches/concerned?kind=roster&{PERIOD}&breach={number}&form=xlsx"),
    )
    for answer in taken:
        assert {header.partition("　")[0] for header in print_headers(answer.data)} == {"console:hr"}
    assert "console:hr　" not in register(browser, REGISTER, "/csv").data.decode("utf-8-sig")


def test_a_register_is_refused_by_line(office: Console):
    answer = register(office.open(Role.HR), "staff_no,at,direction\nA0001,2026-11-23 08:00,in\n")
    assert answer.status_code == 422
    assert '<td class="n">2</td><td>at</td>' in answer.text
    assert register(office.open(Role.HR), REGISTER, tolerance="999").status_code == 422


def test_what_was_taken_at_once_is_forgotten_after_its_period(office: Console):
    office.open(Role.HR).get(f"/exchange/swipes/fixed-big5-roc/file/download?{PERIOD}")
    with office.database.read() as session:
        later = cut_offs(office.settings, office.clock.now() + timedelta(days=365 * 20))
        assert len(session.scalars(select(m.ReportDownload.id).where(expired(later, m.ReportDownload))).all()) == 1
        now = cut_offs(office.settings, office.clock.now())
        assert session.scalars(select(m.ReportDownload.id).where(expired(now, m.ReportDownload))).all() == []
