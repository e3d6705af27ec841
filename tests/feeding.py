"""A program that fills an agent's outbox as fast as it is told and sends it: to be killed at any moment.

Each number is written to standard output after the outbox has taken it: from then on it must arrive.
"""

import asyncio
import sys
from pathlib import Path

from beacon_agent import enrolment, timebase, uploader
from beacon_agent.agent import new_timebase
from beacon_agent.outbox import Item, Outbox
from beacon_agent.server import Server
from beacon_agent.uploader import Uploader

# In a hurry: what takes minutes on a wall must happen many times here.
_FIRST_RETRY_S, _LONGEST_RETRY_S, _BETWEEN_S = 0.02, 0.1, 0.01


def strength(number: int) -> float:
    """The number as a signal strength, by which it is known again in the server's database."""
    return -100 + number / 10_000


async def main(state: Path, device: str, first: int, count: int) -> None:
    """Put ``count`` numbers from ``first`` on, and send whatever waits."""
    uploader._FIRST_RETRY_S, uploader._LONGEST_RETRY_S = _FIRST_RETRY_S, _LONGEST_RETRY_S  # noqa: SLF001
    uploader._JITTER_S = uploader._BETWEEN_BATCHES_S = _BETWEEN_S  # noqa: SLF001
    enrolled, key = enrolment.load(state)
    outbox = Outbox(state / "outbox.db", timebase.boot_id())
    server = Server(enrolled, key, new_timebase(), now_s=timebase.uptime_s)
    sender = Uploader(server, outbox, now_s=timebase.uptime_s)
    sending = asyncio.create_task(sender.run())
    for number in range(first, first + count):
        at_s = timebase.uptime_s()
        body = {"id": device, "rssi_dbm": strength(number), "begin_s": at_s, "at_s": at_s}
        outbox.put([Item(kind="device", at_s=at_s, body=body)])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        sender.wake()
        await asyncio.sleep(0.005)
    while outbox.depth(0.0).waiting:  # noqa: ASYNC110 (nobody tells when the disk is empty)
        await asyncio.sleep(0.02)
    sending.cancel()
    await server.close()
    outbox.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
