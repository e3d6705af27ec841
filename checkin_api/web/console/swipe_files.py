"""A swipe file of some days: looked at with all that would keep it from being written, then taken on the record."""

import io
from dataclasses import dataclass
from typing import Any

from flask import Response, redirect, render_template, url_for

from checkin_api import builds, queries
from checkin_api import exchange as use
from checkin_api.builds import MadeAtOnce, Order
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import DAY, REACH, local_date
from checkin_api.queries import Completeness
from checkin_api.web.console import access, parameters, swipe_words
from checkin_api.web.console.access import page
from checkin_api.web.console.asking import Scope, hand_over, is_little, scope
from checkin_api.web.console.frame import blueprint
from checkin_api.web.periods import LONGEST_DAYS
from reports.swipe_file import SwipeProblem, SwipeRefusedError, WrittenSwipes
from reports.swipe_profile import Profile

# Lines that are shown, and problems; the rest is counted.
SHOWN = 10
SHOWN_PROBLEMS = 50
# What to do about more days than one file may have.
_IN_PARTS = ("更長請分成幾個檔案", "for more, make several files")


@dataclass(frozen=True, slots=True)
class Made:
    """A swipe file in memory, or why there is none."""

    content: bytes
    written: WrittenSwipes | None
    problems: tuple[SwipeProblem, ...]
    completeness: Completeness


@blueprint.get("/exchange/swipes/<name>/file")
@page(Role.HR)
def exchange_file(name: str) -> Any:
    """Which days and unit; then how many lines there are, the first of them, and what would be lost."""
    return _page(name, None, *_choice())


@blueprint.get("/exchange/swipes/<name>/file/check")
@page(Role.HR)
def exchange_file_check(name: str) -> Any:
    """What the file would be; nothing is taken yet."""
    profile, asked = _profile(name), _scope()
    return _page(name, (profile, asked, _make(name, profile, asked)), *_choice())


@blueprint.get("/exchange/swipes/<name>/file/download")
@page(Role.HR)
def exchange_file_download(name: str) -> Any:
    """The file, whole; one that would lose anything is not given."""
    profile, asked = _profile(name), _scope()
    made = _make(name, profile, asked)
    if made is None or made.written is None:
        return Response(_page(name, (profile, asked, made), *_choice()), 409)
    taken = MadeAtOnce(
        kind=use.SWIPE_FILE,
        file_name=use.swipe_file_name(name, profile, _order(name, asked)),
        row_count=made.written.punches,
        sha256=made.written.sha256,
        asked={**asked.told(), "profile": name},
    )
    return hand_over(made.content, taken)


@blueprint.post("/exchange/swipes/<name>/file")
@page(Role.HR)
def exchange_file_order(name: str) -> Any:
    """Have the file made in the background; it is found among the reports, or there is said why there is none."""
    _profile(name)
    with access.database().write() as session:
        ordered = builds.order(session, access.now(), _order(name, _scope()), actor=access.viewer().actor)
    return redirect(url_for("console.reports", done="ordered" if ordered.is_new else "there"), 303)


def _order(name: str, asked: Scope) -> Order:
    return use.order_of(name, asked.first, asked.last, asked.unit)


def _make(name: str, profile: Profile, asked: Scope) -> Made | None:
    """The file, or what keeps it from being written; None when it would take too long to wait for."""
    with access.database().read() as session:
        if not is_little(session, asked, around=2 * REACH):
            return None
        completeness = queries.completeness(session)
    file = io.BytesIO()
    try:
        written, completeness = use.write_swipes(
            access.database(), profile, _order(name, asked), access.settings().zone, file
        )
    except SwipeRefusedError as exc:
        return Made(b"", None, exc.problems, completeness)
    return Made(file.getvalue(), written, (), completeness)


def _page(name: str, found: tuple[Profile, Scope, Made | None] | None, first: Any, last: Any) -> str:
    told: dict[str, Any] = {}
    if found is not None:
        profile, asked, made = found
        problems = made.problems if made else ()
        told = {
            "asked": asked,
            "made": made,
            "lines": made.content.decode(profile.encoding).splitlines()[:SHOWN] if made else (),
            "problems": [(swipe_words.half(each.message), each.punches) for each in problems[:SHOWN_PROBLEMS]],
            "more": max(0, len(problems) - SHOWN_PROBLEMS),
            "notes": [swipe_words.half(note) for note in profile.notes],
        }
    with access.database().read() as session:
        units = access.units(session)
    title = _profile(name).title
    return render_template(
        "console/swipe_file.html",
        name=name,
        title=title,
        units=units,
        first=first,
        last=last,
        longest=LONGEST_DAYS,
        **told,
    )


def _profile(name: str) -> Profile:
    with access.database().read() as session:
        return use.profile_named(session, name)


def _choice() -> tuple[Any, Any]:
    yesterday = local_date(access.now(), access.settings().zone) - DAY
    return parameters.period((yesterday, yesterday), _IN_PARTS)


def _scope() -> Scope:
    first, last = _choice()
    with access.database().read() as session:
        return scope(session, first, last)
