"""Exchange 檔案交換: what goes to and comes from other systems, in one place: swipe files, own forms, a register."""

from typing import Any

from flask import render_template

from checkin_api import exchange as use
from checkin_api.domain.ids import Role
from checkin_api.web.console import access
from checkin_api.web.console.access import READERS, page
from checkin_api.web.console.frame import blueprint
from reports.filling import FILLABLE
from reports.swipe_profile import load_profile, ready_profiles


@blueprint.get("/exchange")
@page(*READERS)
def exchange() -> Any:
    """All profiles and forms; of profiles a supervisor has no use."""
    with access.database().read() as session:
        forms = use.forms(session)
        saved = use.profiles(session) if access.is_one_of(Role.HR, Role.AUDITOR) else []
    return render_template(
        "console/exchange.html",
        ready=[(name, load_profile(content).title) for name, content in ready_profiles().items()],
        saved=saved,
        forms=forms,
        kinds={key: kind for key, kind in FILLABLE.items() if kind.by_unit or access.viewer().unit is None},
    )
