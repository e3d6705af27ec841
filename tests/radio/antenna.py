"""A virtual Bluetooth adapter for BlueZ, and the air around it; runs in the guest, on Bumble and /dev/vhci.

Bumble's controller hears every packet at -50 dBm, as connectable, repeats whatever it is told to filter, and sends
nothing of a beacon that cannot be connected to. What is below puts that right.
"""

import asyncio
from typing import Any

from bumble import hci, ll
from bumble.controller import Controller
from bumble.device import Device
from bumble.link import LocalLink
from bumble.transport import open_transport

_REPORT = hci.HCI_LE_Advertising_Report_Event
_KINDS = _REPORT.EventType
_TYPES = hci.HCI_LE_Set_Advertising_Parameters_Command.AdvertisingType
_SENT_AS = {
    _TYPES.ADV_IND: _KINDS.ADV_IND,
    _TYPES.ADV_NONCONN_IND: _KINDS.ADV_NONCONN_IND,
    _TYPES.ADV_SCAN_IND: _KINDS.ADV_SCAN_IND,
}
# An old adapter, as Pis have them: what is newer Bumble answers wrongly.
_WITHOUT = (
    hci.LeFeatureMask.LL_PRIVACY
    | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
    | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    | hci.LeFeatureMask.LE_CODED_PHY
)


class Antenna(Controller):  # type: ignore[misc]  # Bumble has no annotations here
    """An adapter's radio: what reaches it is told to ``hear``; a strict one filters repeats, a deaf one is broken."""

    def __init__(self, name: str, link: LocalLink, **options: Any) -> None:
        super().__init__(name, link=link, **options)
        self.le_features &= ~_WITHOUT
        self.is_strict = self.is_deaf = False
        self._passed_on: set[bytes] = set()
        advertiser = self.le_legacy_advertiser
        advertiser.send_advertising_data = lambda: self._transmit(advertiser)

    def on_hci_le_set_scan_enable_command(self, command: Any) -> Any:
        self._passed_on.clear()
        return super().on_hci_le_set_scan_enable_command(command)

    def on_advertising_pdu(self, pdu: Any) -> None:
        """A packet of a neighbour."""
        self.hear(pdu.advertiser_address, bytes(pdu.data), -50, getattr(pdu, "kind", _KINDS.ADV_IND))

    def hear(self, address: Any, data: bytes, rssi_dbm: int, kind: Any = _KINDS.ADV_NONCONN_IND) -> None:
        """A packet arrives; what the host asked for decides whether it is told."""
        if not self.le_scan_enable or self.is_deaf:
            return
        if isinstance(address, str):
            address = hci.Address(address, hci.Address.RANDOM_DEVICE_ADDRESS)
        told = [(kind, data)]
        if self.le_scan_type and kind in {_KINDS.ADV_IND, _KINDS.ADV_SCAN_IND}:
            # The kernel waits for the answer to its scan request, and an empty one will do.
            told.append((_KINDS.SCAN_RSP, b""))
        for each, content in told:
            known = bytes(address) + bytes([each])
            if self.is_strict and self.filter_duplicates and known in self._passed_on:
                continue
            self._passed_on.add(known)
            self.send_hci_packet(
                _REPORT([
                    _REPORT.Report(
                        event_type=each,
                        address_type=address.address_type,
                        address=address,
                        data=content,
                        rssi=rssi_dbm,
                    )
                ])
            )  # fmt: skip

    def _transmit(self, advertiser: Any) -> None:
        kind = _SENT_AS.get(advertiser.advertising_type)
        if advertiser.enabled and kind is not None:
            pdu = ll.AdvInd(advertiser_address=advertiser.address, data=bytes(advertiser.advertising_data))
            pdu.kind = kind
            self.send_advertising_pdu(pdu)


class Adapter:
    """The adapter that BlueZ finds at /dev/vhci; it can be unplugged and plugged in again."""

    def __init__(self) -> None:
        self.link = LocalLink()
        self.antenna: Antenna | None = None
        self._transport: Any = None

    async def plug(self) -> None:
        self._transport = await open_transport("vhci")
        self.antenna = Antenna(
            "pi",
            self.link,
            host_source=self._transport.source,
            host_sink=self._transport.sink,
            public_address="B8:27:EB:00:00:01",
        )

    async def unplug(self) -> None:
        if self.antenna is not None:
            self.link.remove_controller(self.antenna)
        self.antenna = None
        await self._transport.close()

    async def observer(self) -> "asyncio.Queue[tuple[bytes, bool]]":
        """Another host with a radio of its own in the same room: what it hears, and whether one could connect."""
        heard: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        controller = Antenna("observer", self.link)
        host = Device.with_hci("observer", hci.Address("F1:F2:F3:F4:F5:F6"), controller, controller)
        host.on("advertisement", lambda each: heard.put_nowait((bytes(each.data_bytes), each.is_connectable)))
        await host.power_on()
        await host.start_scanning(active=False, filter_duplicates=False)
        return heard
