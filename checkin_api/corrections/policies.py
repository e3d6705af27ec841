"""What the department sets for corrections."""

from sqlalchemy.orm import Session

from checkin_api import rules
from checkin_api.config import Settings
from checkin_api.domain.corrections import Policy


def policy_in_force(session: Session, settings: Settings) -> Policy:
    """Quota and time limit in force: HR's, else the installation's."""
    set_ = rules.in_force(session, settings)
    return Policy(quota=set_.correction_quota, days=set_.correction_days, zone=set_.zone)
