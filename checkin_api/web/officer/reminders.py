"""Whether an officer wants to be reminded of a missing OUT."""

from typing import Any

from checkin_api import reminders
from checkin_api.web.officer import access, schemas
from checkin_api.web.officer.access import blueprint, signed_in
from checkin_api.web.schemas import In


class ReminderIn(In):
    """What the officer wants."""

    wanted: bool


@blueprint.put("/reminder")
@signed_in
@blueprint.input(ReminderIn)
@blueprint.output(schemas.WishOut)
def set_reminder(json_data: ReminderIn) -> Any:
    """Switch the reminders on or off; the chat's words do the same."""
    with access.database().write() as session:
        person = access.person(session)
        access.insist_on_accepted(session, person)
        reminders.set_wanted(session, access.now(), person.id, wanted=json_data.wanted)
    return {"wanted": json_data.wanted}
