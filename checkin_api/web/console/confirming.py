"""An outage and whom it concerns: the list first, then all of them confirmed, some at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request

from checkin_api import outages, queries
from checkin_api.corrections import policy_in_force
from checkin_api.domain.ids import CorrectionRefusal, CorrectionState, Direction, Role
from checkin_api.outages import Confirmed, OutageRefusedError
from checkin_api.queries import coverage
from checkin_api.web.console import access
from checkin_api.web.console.access import page
from checkin_api.web.console.deciding import insist_on_person
from checkin_api.web.console.frame import blueprint
from checkin_api.web.console.outages import DONE
from checkin_api.web.deciding import NO_OFFICER
from checkin_api.web.errors import ProblemError

# Officers confirmed in one request and one transaction: on SQLite webhooks wait for as long.
AT_ONCE = 5
# More than a department has; a longer list is not ours.
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Refused:
    """A punch that was not confirmed."""

    staff_no: str
    direction: Direction
    reason: CorrectionRefusal

    def __str__(self) -> str:
        """As the page carries it to the next step."""
        return f"{self.staff_no} {self.direction} {self.reason}"

    @classmethod
    def read(cls, text: str) -> "Refused | None":
        """What the page carried; nothing if it is none of ours."""
        try:
            staff_no, direction, reason = text.split()
            return cls(staff_no, Direction(direction), CorrectionRefusal(reason))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far confirming is: officers in all and those still to do, what came of the punches, what was refused."""

    total: int
    left: Sequence[str]
    approved: int
    endorsed: int
    refused: Sequence[Refused]

    @property
    def done(self) -> int:
        """How many officers have been gone through."""
        return self.total - len(self.left)


@blueprint.get("/outages/<int(max=9223372036854775807):outage_id>")
@page(Role.HR, Role.AUDITOR)
def outages_one(outage_id: int) -> Any:
    """One outage, and whose missing punches it explains: what confirming would do, and nothing is done yet.

    Of a department the list takes seconds: the page asks for it once it is there, or by its link.
    """
    with_list = "list" in request.args
    with access.database().read() as session:
        outage = outages.find(session, outage_id)
        rows, shifts = [], queries.shift_names(session)
        if with_list and outage.dismissed_at is None:
            rows = list(coverage.concerned(session, outage, access.now(), access.settings().zone))
    return render_template(
        "console/outages_one.html",
        outage=outage,
        rows=rows,
        shifts=shifts,
        with_list=with_list,
        punches=sum(len(row.missing) for row in rows),
        officers=len({row.officer.staff_no for row in rows}),
        done=DONE.get(request.args.get("done", "")),
        now=access.now().astimezone(access.settings().zone),
        refusal=None if access.viewer().staff_no else NO_OFFICER,
    )


@blueprint.post("/outages/<int(max=9223372036854775807):outage_id>/confirm")
@page(Role.HR)
def outages_confirm(outage_id: int) -> Any:
    """Confirm the next of those that are ticked; the page asks again until none is left.

    What a request says is only who is left: what each lacks, and when it was due, is looked up again.
    """
    insist_on_person()
    before = _progress()
    some = before.left[:AT_ONCE]
    with access.database().read() as session:
        outage = outages.find(session, outage_id)
        among = queries.of_staff_nos(some)
        policy = policy_in_force(session, access.settings())
        rows = list(coverage.concerned(session, outage, access.now(), access.settings().zone, among=among))
    try:
        with access.database().write() as session:
            done = list(outages.confirm(session, access.now(), outage, rows, actor=access.actor(), policy=policy))
    except OutageRefusedError as exc:
        raise ProblemError(409, "outage_refused", str(exc)) from exc
    template = "console/outages_progress.html" if "Hx-Request" in request.headers else "console/outages_confirming.html"
    return render_template(template, outage=outage, progress=_further(before, done))


def _progress() -> Progress:
    """What the page said it has come to, or the beginning: all that are ticked.

    Raises:
        ProblemError: 422, nobody is ticked, or it makes no sense.
    """
    form = request.form
    left = list(dict.fromkeys([*form.getlist("officer"), *form.get("left", "").split()]))[:_MOST]
    if not left:
        raise ProblemError(422, "nothing_selected", "沒有勾選任何人 / nobody was selected")
    total, approved, endorsed = (_count(name) for name in ("total", "approved", "endorsed"))
    refused = [each for each in map(Refused.read, form.getlist("refused")) if each is not None]
    return Progress(max(total, len(left)), left, approved, endorsed, refused)


def _count(name: str) -> int:
    text = request.form.get(name, "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0  # noqa: PLR2004 (digits)


def _further(before: Progress, done: Sequence[Confirmed]) -> Progress:
    outcomes = Counter(each.outcome for each in done)
    refused = [
        Refused(each.staff_no, each.direction, each.outcome)
        for each in done
        if isinstance(each.outcome, CorrectionRefusal)
    ]
    return Progress(
        before.total,
        before.left[AT_ONCE:],
        before.approved + outcomes[CorrectionState.APPROVED],
        before.endorsed + outcomes[CorrectionState.ENDORSED],
        [*before.refused, *refused],
    )
