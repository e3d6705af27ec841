"""The main use case: stored webhook events become presences, punches, refusals and replies."""

from checkin_api.checkin.decide import decide_events
from checkin_api.checkin.rulings import Rules

__all__ = ["Rules", "decide_events"]
