"""Corrections 補打卡, the use cases: asking for a missing punch or a void, withdrawing, approving, rejecting.

Each is a function of ``(session, now, …)`` that answers with a ``CorrectionRefusal`` when the rules say no. What it
does stands in the audit log by the same transaction.
"""

from checkin_api.corrections.deciding import Approval, approve, reject, set_two_step, withdraw
from checkin_api.corrections.policies import policy_in_force
from checkin_api.corrections.requesting import MissingPunch, Request, WrongPunch, request
from checkin_api.corrections.trail import officer_actor

__all__ = [
    "Approval",
    "MissingPunch",
    "Request",
    "WrongPunch",
    "approve",
    "officer_actor",
    "policy_in_force",
    "reject",
    "request",
    "set_two_step",
    "withdraw",
]
