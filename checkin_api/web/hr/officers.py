"""``/api/v1/officers``: the officers whom somebody may see."""

from dataclasses import asdict
from typing import Any

from checkin_api.queries import people
from checkin_api.queries.people import OfficerSeen
from checkin_api.web import scope
from checkin_api.web.hr import access, examples, schemas
from checkin_api.web.hr.access import READERS, blueprint, for_roles
from checkin_api.web.hr.paging import page_of


@blueprint.get("/officers")
@for_roles(*READERS)
@blueprint.input(schemas.OfficersIn, location="query")
@blueprint.output(schemas.OfficersOut, example=examples.OFFICERS)
def list_officers(query_data: schemas.OfficersIn) -> Any:
    """Officers by staff number, a page at a time; never their LINE user IDs."""
    with access.database().read() as session:
        found, count = people.officers(
            session,
            scope.units(session, access.who(), query_data.unit),
            text=query_data.q,
            day=query_data.active_on,
            skip=query_data.skip,
            limit=query_data.per_page,
        )
    return {"officers": [_told(officer) for officer in found], **page_of(query_data, count)}


@blueprint.get("/officers/<staff_no>")
@for_roles(*READERS)
@blueprint.output(schemas.OfficerOut, example=examples.OFFICER)
def get_officer(staff_no: str) -> Any:
    """One officer."""
    with access.database().read() as session:
        scope.insist_on_officer(session, access.who(), staff_no)
        return _told(people.officer_seen(session, staff_no))


def _told(officer: OfficerSeen) -> dict[str, Any]:
    return {**asdict(officer), "unit": officer.unit_code, "enrolled_at": officer.bound_at}
