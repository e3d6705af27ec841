"""Swipe files by the name of their profile: written at once, or as it was ordered, by a worker."""

from datetime import date
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from checkin_api.builds import Order
from checkin_api.db import Database
from checkin_api.domain.ids import ReportForm
from checkin_api.exchange.profiles import find_profile, saved_profile
from checkin_api.queries import Completeness
from reports.swipe_file import WrittenSwipes, render
from reports.swipe_profile import Profile, load_profile
from reports.swipes import read_swipes
from reports.wanted import name_of_file

# Of a build: which kind it is, and in which of its options the profile's name stands.
SWIPE_FILE = "swipe_file"
_PROFILE = "profile"


def profile_named(session: Session, name: str) -> Profile:
    """A profile, one that comes with the product or a saved one.

    Raises:
        NotFoundError: there is none of this name.
    """
    content = find_profile(session, name)
    return load_profile(saved_profile(session, name).definition.encode() if content is None else content)


def order_of(name: str, first: date, last: date, unit: str | None) -> Order:
    """The order of a swipe file; it is text as CSV is, whatever its name ends in."""
    return Order(SWIPE_FILE, ReportForm.CSV, first, last, unit, options={_PROFILE: name})


def write_ordered(database: Database, order: Order, zone: ZoneInfo, outfile: BinaryIO) -> tuple[str, WrittenSwipes]:
    """Write an ordered swipe file.

    Returns:
        Its name for people, and what is in it.

    Raises:
        NotFoundError: the profile or the unit is gone.
        SwipeRefusedError: something would be cut or lost.
    """
    name = str(order.options[_PROFILE])
    with database.read() as session:
        profile = profile_named(session, name)
    written, _ = write_swipes(database, profile, order, zone, outfile)
    return swipe_file_name(name, profile, order), written


def write_swipes(
    database: Database, profile: Profile, order: Order, zone: ZoneInfo, outfile: BinaryIO
) -> tuple[WrittenSwipes, Completeness]:
    """Write the punches of a period by a profile, or nothing at all; tell how far the data goes, too.

    Raises:
        NotFoundError: there is no such unit.
        SwipeRefusedError: something would be cut or lost.
    """
    read = read_swipes(database, order.first, order.last, zone, unit=order.unit)
    return render(profile, read.swipes, outfile), read.completeness


def swipe_file_name(name: str, profile: Profile, order: Order) -> str:
    """What a swipe file is called."""
    ending = "csv" if profile.separator == "," else "txt"
    return name_of_file(name, order.unit, order.first, order.last, ending)
