"""The phone doctor: a live test of whether this officer's phone is heard."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from checkin_api import checkups
from checkin_api.domain.ids import PhoneStep, PhoneSystem
from checkin_api.web.officer import access
from checkin_api.web.officer.access import blueprint, signed_in
from checkin_api.web.schemas import In, Out


class CheckupIn(In):
    """What the phone runs, by LINE's SDK."""

    system: PhoneSystem
    line_version: Annotated[str, Field(max_length=32, pattern=r"^[0-9A-Za-z._-]*$")] = ""


class CheckupStepIn(In):
    """What the officer tries now; ``gives_up`` ends the test."""

    step: PhoneStep | None = None
    gives_up: bool = False


class CheckupOut(Out):
    """A live test as it stands; ``helped`` is the step that helped this officer the last time."""

    id: UUID
    started_at: datetime
    heard_at: datetime | None
    zone: str | None
    step: PhoneStep | None
    helped: PhoneStep | None


@blueprint.post("/checkups")
@signed_in
@blueprint.input(CheckupIn)
@blueprint.output(CheckupOut, status_code=201)
def begin_checkup(json_data: CheckupIn) -> Any:
    """Begin a live test; a beacon that is heard from now on ends it."""
    with access.database().write() as session:
        person = access.person(session)
        access.insist_on_accepted(session, person)
        made = checkups.begin(
            session, access.now(), person.id, system=json_data.system, line_version=json_data.line_version
        )
    return made, 201


@blueprint.post("/checkups/<uuid:checkup_id>")
@signed_in
@blueprint.input(CheckupStepIn)
@blueprint.output(CheckupOut)
def look_at_checkup(checkup_id: UUID, json_data: CheckupStepIn) -> Any:
    """Whether the phone has been heard since; and what the officer tries now, or that the officer gives up."""
    with access.database().write() as session:
        person = access.person(session)
        now, step = access.now(), json_data.step
        return checkups.look(session, now, person.id, checkup_id, step=step, gives_up=json_data.gives_up)
