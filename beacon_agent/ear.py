"""What becomes of a report: known beacons, badges and phones are tracked, all else is forgotten at once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from beacon_agent.assignment import Assignment
from beacon_agent.outbox import Item
from beacon_agent.tracking import BeaconSummary, Summary, Tracker
from hardware.frames import FrameError, ibeacon, simple_beacon

if TYPE_CHECKING:
    from beacon_agent.scanner import Report


class Ear:
    """Hears every report; it does as little as can be done with each, for there are thousands a second at times."""

    def __init__(self, assignment: Assignment) -> None:
        self.tracker = Tracker(every_s=assignment.summary_every_s, near_dbm=assignment.near_dbm)
        self.take(assignment)

    def take(self, assignment: Assignment) -> None:
        """Listen for what the server told last."""
        self.tracker.every_s, self.tracker.near_dbm = assignment.summary_every_s, assignment.near_dbm
        self._here, self._known = assignment.here, assignment.here | assignment.elsewhere
        self._identities = assignment.identities

    def hear(self, report: "Report", at_s: float) -> None:
        """Take a report in.

        Args:
            report: As the radio gave it.
            at_s: Seconds of the agent's clock.
        """
        frame = report.service_data.get(simple_beacon.UUID_TEXT)
        if frame is not None:
            self._hear_frame(frame, report.rssi_dbm, at_s)
        apple = report.manufacturer_data.get(ibeacon.APPLE_COMPANY)
        whose = self._identities.of_apple(apple) if apple is not None else None
        if whose is None:
            whose = self._identities.of_address(report.address)
        if whose is not None:
            self.tracker.hear_device(whose, report.rssi_dbm, at_s)

    def due(self, now_s: float) -> list[Item]:
        """What is to be kept and sent now."""
        return list(self._items(self.tracker.due(now_s), now_s))

    def _hear_frame(self, frame: bytes, rssi_dbm: int | None, at_s: float) -> None:
        try:
            hwid, message = simple_beacon.decode_frame(frame)
        except FrameError:
            return
        if hwid in self._known:
            self.tracker.hear_beacon(hwid, message, rssi_dbm, at_s)

    def _items(self, summaries: Iterable[Summary], now_s: float) -> Iterable[Item]:
        for each in summaries:
            if isinstance(each, BeaconSummary):
                messages = [(at_s, message.hex()) for at_s, message in each.messages]
                body = {"hwid": each.hwid, "rssi_dbm": each.rssi_dbm, "messages": messages, "at_s": now_s}
                # Somebody else's beacon here is a copy, or the real one was moved.
                yield Item(kind="beacon", at_s=now_s, body=body, is_alarm=each.hwid not in self._here)
            else:
                body = {"id": each.id, "rssi_dbm": each.rssi_dbm, "begin_s": each.begin_s, "at_s": each.end_s}
                yield Item(kind="device", at_s=now_s, body=body)
