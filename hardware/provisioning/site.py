"""The site file: which zones, beacons and agents a site gets, as an installer writes it in TOML."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from hardware.frames import FrameError, parse_hwid
from hardware.provisioning.errors import KitError

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", re.ASCII)
# A token sent over plain HTTP is everybody's; on this machine nobody listens.
_SAFE_ADDRESS = re.compile(r"https://|http://(127\.0\.0\.1|localhost)(?:[:/]|$)")
_LONGEST_TEXT = 200
# A signed byte, and no beacon is heard louder than 0 dBm a metre away.
_WEAKEST_DBM = -128
# A site file is written by hand; more is another kind of file.
_LARGEST_FILE = 1024 * 1024

_Word = TypeVar("_Word", bound=StrEnum)


class Kind(StrEnum):
    """What a beacon's device message can prove; the words of beacons.csv."""

    ROLLING = "rolling"
    STATIC = "static"
    LINE = "line"


class Board(StrEnum):
    """What a rolling beacon is made of."""

    ESP32 = "esp32"
    ESP32_C3 = "esp32c3"
    ESP32_S3 = "esp32s3"
    PI = "pi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A check-in area of the site, by the code that the server knows."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """A beacon to be mounted; ``board`` only of a rolling one, ``measured_power_dbm`` the RSSI at one metre."""

    hwid: str
    zone: str
    kind: Kind
    label: str
    board: Board | None
    measured_power_dbm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A Raspberry Pi that listens in a zone."""

    name: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site file that passed its checks; ``warnings`` is what an installer should think about before going on."""

    code: str
    name: str
    api: str
    zones: tuple[Zone, ...]
    beacons: tuple[Beacon, ...]
    agents: tuple[Agent, ...]
    warnings: tuple[str, ...]

    def beacon(self, hwid: str) -> Beacon:
        """The planned beacon with this hardware ID, in either case.

        Raises:
            KitError: the site file has none.
        """
        wanted = hwid.lower()
        for beacon in self.beacons:
            if beacon.hwid == wanted:
                return beacon
        known = "、".join(beacon.hwid for beacon in self.beacons)
        raise KitError(f"案場檔沒有信標 {hwid} / the site file has no beacon {hwid}; it has: {known}")


def load_site(path: Path) -> Site:
    """Read and check a site file.

    Raises:
        KitError: not TOML, or with every problem found, each saying where it is.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise KitError(f"{path}：不是案場檔，太大 / is no site file: larger than 1 MiB")
    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise KitError(f"{path}：不是正確的 TOML / is not valid TOML: {exc}") from exc
    reader = _Reader()
    site = reader.site(document)
    if reader.problems:
        raise KitError(*(f"{path.name} {problem}" for problem in reader.problems))
    return site


class _Reader:
    """Takes a document apart and gathers what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def site(self, document: Mapping[str, Any]) -> Site:
        self._refuse_unknown("", document, {"site", "zones", "beacons", "agents"})
        head = document.get("site")
        if not isinstance(head, dict):
            self._problem("[site]", "缺少這一節", "is missing")
            head = {}
        self._refuse_unknown("[site]", head, {"code", "name", "api"})
        zones = tuple(self._tables(document, "zones", self._zone))
        beacons = tuple(self._tables(document, "beacons", self._beacon))
        agents = tuple(self._tables(document, "agents", self._agent))
        self._refuse_twice("zones", "code", (zone.code for zone in zones))
        self._refuse_twice("beacons", "hwid", (beacon.hwid for beacon in beacons))
        self._refuse_twice("agents", "name", (agent.name for agent in agents))
        codes = {zone.code for zone in zones}
        for where, code in [
            *((f"beacons {beacon.hwid}", beacon.zone) for beacon in beacons),
            *((f"agents {agent.name}", agent.zone) for agent in agents),
        ]:
            if code and code not in codes:
                self._problem(where, f"沒有簽到區 {code}", f"there is no zone {code}")
        return Site(
            code=self._code("[site]", head, "code"),
            name=self._text("[site]", head, "name"),
            api=self._api(head),
            zones=zones,
            beacons=beacons,
            agents=agents,
            warnings=tuple(_warnings(zones, beacons, agents)),
        )

    def _zone(self, where: str, table: Mapping[str, Any]) -> Zone:
        self._refuse_unknown(where, table, {"code", "name"})
        return Zone(code=self._code(where, table, "code"), name=self._text(where, table, "name", default=""))

    def _agent(self, where: str, table: Mapping[str, Any]) -> Agent:
        self._refuse_unknown(where, table, {"name", "zone"})
        return Agent(name=self._code(where, table, "name"), zone=self._code(where, table, "zone"))

    def _beacon(self, where: str, table: Mapping[str, Any]) -> Beacon:
        self._refuse_unknown(where, table, {"hwid", "zone", "kind", "label", "board", "measured_power_dbm"})
        kind = self._word(where, table, "kind", Kind.ROLLING)
        board = self._word(where, table, "board", Board.ESP32)
        if kind is not Kind.ROLLING and "board" in table:
            self._problem(where, f"board 只用於 rolling，不用於 {kind}", f"board is for rolling only, not for {kind}")
        power = table.get("measured_power_dbm", -59)
        if type(power) is not int or not _WEAKEST_DBM <= power <= 0:
            self._problem(where, "measured_power_dbm 須為 -128 到 0", "measured_power_dbm must be -128 to 0")
            power = -59
        return Beacon(
            hwid=self._hwid(where, table),
            zone=self._code(where, table, "zone"),
            kind=kind,
            label=self._text(where, table, "label", default=""),
            board=board if kind is Kind.ROLLING else None,
            measured_power_dbm=power,
        )

    def _tables(
        self, document: Mapping[str, Any], name: str, read: Callable[[str, Mapping[str, Any]], Any]
    ) -> Iterator[Any]:
        tables = document.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._problem(name, f"須寫成 [[{name}]]", f"must be written as [[{name}]]")
            return
        for number, table in enumerate(tables, 1):
            yield read(f"[[{name}]] #{number}", table)

    def _hwid(self, where: str, table: Mapping[str, Any]) -> str:
        value = table.get("hwid")
        try:
            return parse_hwid(value if isinstance(value, str) else "")
        except FrameError:
            self._problem(where, "hwid 須為 10 個十六進位數字（加引號）", "hwid must be 10 hex digits in quotes")
            return ""

    def _api(self, head: Mapping[str, Any]) -> str:
        value = head.get("api", "")
        if value and not (isinstance(value, str) and _SAFE_ADDRESS.match(value)):
            self._problem("[site]", "api 須以 https:// 開頭", "api must begin with https://")
            return ""
        return str(value).rstrip("/")

    def _code(self, where: str, table: Mapping[str, Any], name: str) -> str:
        value = table.get(name)
        if isinstance(value, str) and _CODE.fullmatch(value):
            return value
        self._problem(where, f"{name} 須為英數代碼，最多 64 字", f"{name} must be a code of letters and digits")
        return ""

    def _text(self, where: str, table: Mapping[str, Any], name: str, default: str | None = None) -> str:
        value = table.get(name, default)
        if isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_TEXT:
            return value
        self._problem(where, f"{name} 須為文字，最多 {_LONGEST_TEXT} 字", f"{name} must be text on one line")
        return ""

    def _word(self, where: str, table: Mapping[str, Any], name: str, default: _Word) -> _Word:
        words = {str(word): word for word in type(default)}
        value = table.get(name, default)
        if isinstance(value, str) and value in words:
            return words[value]
        self._problem(where, f"{name} 須為 {'、'.join(words)}", f"{name} must be one of these")
        return default

    def _refuse_unknown(self, where: str, table: Mapping[str, Any], known: set[str]) -> None:
        for name in table.keys() - known:
            shown = ascii(name[:40])[1:-1]
            self._problem(where, f"不認得 {shown}", f"{shown} is unknown; known: {', '.join(sorted(known))}")

    def _refuse_twice(self, where: str, name: str, values: Iterable[str]) -> None:
        for value, times in Counter(values).items():
            if value and times > 1:
                self._problem(where, f"{name} {value} 重複 {times} 次", f"{name} {value} is there {times} times")

    def _problem(self, where: str, zh: str, en: str) -> None:
        self.problems.append(f"{where}：{zh} / {en}".removeprefix("："))


def _warnings(zones: Iterable[Zone], beacons: tuple[Beacon, ...], agents: tuple[Agent, ...]) -> Iterator[str]:
    if not beacons:
        yield "沒有任何信標 / there is no beacon at all"
    served, watched = {beacon.zone for beacon in beacons}, {agent.zone for agent in agents}
    for zone in zones:
        if beacons and zone.code not in served:
            yield f"簽到區 {zone.code} 沒有信標 / zone {zone.code} has no beacon: nobody can sign in there"
        if zone.code in served and zone.code not in watched:
            yield (
                f"簽到區 {zone.code} 沒有代理：無法自動發現複製或失聲的信標 / zone {zone.code} has no agent:"
                " nobody on site notices a copied or silent beacon"
            )
    for beacon in beacons:
        if beacon.kind is Kind.STATIC:
            yield (
                f"信標 {beacon.hwid} 是靜態的：任何人都能複製，證明力只有「低」 / beacon {beacon.hwid} is static:"
                " anyone can copy it, its assurance is low"
            )
