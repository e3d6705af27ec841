"""A swipe file of some days: looked at with all that would keep it from being written, then taken on the record."""

import io
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template

from checkin_api import exchange as use
from checkin_api.builds import MadeAtOnce
from checkin_api.domain.ids import Role
from checkin_api.domain.shifts import DAY, local_date
from checkin_api.queries import Completeness
from checkin_api.web.console import access, parameters, swipe_words
from checkin_api.web.console.access import page
from checkin_api.web.console.asking import Scope, hand_over, insist_on_little, scope
from checkin_api.web.console.frame import blueprint
from reports.swipe_file import SwipeProblem, SwipeRefusedError, WrittenSwipes, render
from reports.swipe_profile import Profile, bare, load_profile
from reports.swipes import read_swipes

KIND = "swipe_file"
# Lines that are shown, and problems; the rest is counted.
SHOWN = 10
SHOWN_PROBLEMS = 50


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
    return _page(name, (profile, asked, _make(profile, asked)), *_choice())


@blueprint.get("/exchange/swipes/<name>/file/download")
@page(Role.HR)
def exchange_file_download(name: str) -> Any:
    """The file, whole; one that would lose anything is not given."""
    profile, asked = _profile(name), _scope()
    made = _make(profile, asked)
    if made.written is None:
        return Response(_page(name, (profile, asked, made), *_choice()), 409)
    taken = MadeAtOnce(
        kind=KIND,
        file_name=asked.file_name(name, "csv" if profile.separator == "," else "txt"),
        row_count=made.written.punches,
        sha256=made.written.sha256,
        asked={**asked.told(), "profile": name},
    )
    return hand_over(made.content, taken)


def _make(profile: Profile, asked: Scope) -> Made:
    read = read_swipes(access.database(), asked.first, asked.last, access.settings().zone, unit=asked.unit)
    file = io.BytesIO()
    try:
        written = render(profile, read.swipes, file)
    except SwipeRefusedError as exc:
        return Made(b"", None, exc.problems, read.completeness)
    return Made(file.getvalue(), written, (), read.completeness)


def _page(name: str, found: tuple[Profile, Scope, Made] | None, first: Any, last: Any) -> str:
    told: dict[str, Any] = {}
    if found is not None:
        profile, asked, made = found
        text = made.content.decode("utf-8-sig" if profile.encoding == "utf-8-sig" else bare(profile.encoding))
        told = {
            "asked": asked,
            "made": made,
            "lines": text.splitlines()[:SHOWN],
            "problems": [(swipe_words.half(each.message), each.punches) for each in made.problems[:SHOWN_PROBLEMS]],
            "more": max(0, len(made.problems) - SHOWN_PROBLEMS),
            "notes": [swipe_words.half(note) for note in profile.notes],
        }
    with access.database().read() as session:
        units = access.units(session)
    title = _profile(name).title
    return render_template(
        "console/swipe_file.html", name=name, title=title, units=units, first=first, last=last, **told
    )


def _profile(name: str) -> Profile:
    with access.database().read() as session:
        content = use.find_profile(session, name)
        return load_profile(use.saved_profile(session, name).definition.encode() if content is None else content)


def _choice() -> tuple[Any, Any]:
    yesterday = local_date(access.now(), access.settings().zone) - DAY
    return parameters.period((yesterday, yesterday))


def _scope() -> Scope:
    first, last = _choice()
    with access.database().read() as session:
        asked = scope(session, first, last)
        insist_on_little(session, asked)
    return asked
