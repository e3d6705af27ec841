"""The first load of the check-in page stays small: what ``checkin serve`` sends, and how many answers it is."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from checkin_api.db import Database
from tests import builders, page_load
from tests.e2e.conftest import CHROMIUM
from tests.line_platform import LinePlatform, PlatformConfig
from tests.officers import ANN, LIFF_ID
from tests.serving import Serving

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    # The service starts for it.
    pytest.mark.timeout(120),
]


def test_the_first_load_of_home_is_at_most_sixty_kilobytes_in_eight_answers(
    browser: Browser, sqlite_url: str, tmp_path: Path
):
    with closing(Database(sqlite_url)) as database, database.write() as session:
        officer = builders.officer(session, staff_no="A0001", name="王小明")
        builders.line_account(session, officer, ANN)
        builders.acceptance(session, officer)
        builders.presence(session, officer, builders.zone(session), datetime.now(UTC))
    apps: dict[str, str] = {}
    with LinePlatform(PlatformConfig(liff_apps=apps)) as line:
        line.add_phone("王小明", ANN)
        with Serving(sqlite_url, log=tmp_path / "log", **page_load.settings(line)) as service:
            apps[LIFF_ID] = f"{service.url}/liff/"
            loaded = page_load.first_load(browser, page_load.address(line, ANN))
    assert {"/liff/", "/api/v1/me"} <= {each.path for each in loaded}
    assert sum(each.size for each in loaded) <= page_load.MOST_BYTES, loaded
    # The first question to the API is one of them.
    assert len(loaded) <= page_load.MOST_REQUESTS, loaded
