"""The main use case: stored webhook events become presences, punches, refusals and replies."""

from checkin_api.checkin.decide import Rules, decide_events

__all__ = ["Rules", "decide_events"]
