"""Two officers on duty with their phones, a newcomer, and LINE."""

from collections.abc import Iterator
from datetime import date

import pytest

from checkin_api.db import Database
from tests import builders
from tests.fakes import FakeClock
from tests.line_platform import LinePlatform, PlatformConfig
from tests.officers import ANN, BEN, HWID, STRANGER, Phones


@pytest.fixture
def line(clock: FakeClock) -> Iterator[LinePlatform]:
    with LinePlatform(PlatformConfig()) as line:
        line.clock.set_to(clock.now().timestamp())
        for name, user in (("王小明", ANN), ("李大華", BEN), ("路人", STRANGER)):
            line.add_phone(name, user)
        yield line


@pytest.fixture
def phones(database: Database, clock: FakeClock, line: LinePlatform) -> Iterator[Phones]:
    with database.write() as session:
        unit = builders.unit(session, name="大墩派出所")
        day = builders.shift(session, name="日勤")
        for number, user in ((1, ANN), (2, BEN)):
            officer = builders.officer(session, unit, staff_no=f"A000{number}", name=f"員警{number}", title="警員")
            builders.line_account(session, officer, user)
            builders.acceptance(session, officer)
            builders.roster(session, officer, day, date(2026, 11, 23))
            builders.roster(session, officer, day, date(2026, 11, 24))
        builders.beacon(session, builders.zone(session, name="大門簽到區"), hwid=HWID)
        newcomer = builders.officer(session, unit, staff_no="A0009", name="新人")
        assert newcomer.id
    phones = Phones(database, clock, line)
    yield phones
    phones.close()
