"""The rows of what an AD structure holds: flags, UUIDs, names, the LINE Simple Beacon frame, iBeacon."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from hardware.frames import FrameError, advertising, device_message, ibeacon, line_beacon, simple_beacon
from hardware.frames.battery import percent
from hardware.frames.device_message import Flags
from hardware.frames.hwid import HWID_LENGTH
from hardware.provisioning.words import FLAG_BITS, NO_FLAGS, Text

# Source: Bluetooth Assigned Numbers, "Common Data Types".
_INCOMPLETE_UUID16_LIST, _SHORTENED_NAME, _COMPLETE_NAME = 0x02, 0x08, 0x09


@dataclass(frozen=True, slots=True)
class Row:
    """Some bytes of the packet at an offset: which field they are (a key of ``words.FIELDS``), what they mean."""

    offset: int
    octets: bytes
    field: str
    meaning: Text
    is_broken: bool = False


def content_rows(at: int, kind: int, content: bytes) -> Iterator[Row]:
    """The rows of an AD structure's data, which is not empty and begins at byte ``at``."""
    return _EXPLAINERS.get(kind, _plain_rows)(at, content)


def frame_rows(at: int, frame: bytes) -> Iterator[Row]:
    """The rows of a LINE Simple Beacon frame that begins at byte ``at``; the last is broken where the frame is.

    Source: line/line-simple-beacon README, "LINE Simple Beacon frame".
    """
    if frame[:1] != bytes((simple_beacon.FRAME_TYPE,)):
        yield Row(at, frame, "frame_type", _WRONG_FRAME_TYPE if frame else _NO_FRAME, is_broken=True)
        return
    yield Row(at, frame[:1], "frame_type", Text("0x02：LINE Beacon", "0x02: LINE Beacon"))
    hwid, rest = frame[1 : 1 + HWID_LENGTH], frame[1 + HWID_LENGTH :]
    if len(hwid) < HWID_LENGTH:
        yield Row(at + 1, hwid, "hwid", _too_short(HWID_LENGTH, len(hwid)), is_broken=True)
        return
    yield Row(at + 1, hwid, "hwid", Text(hwid.hex(), hwid.hex()))
    yield from _power_and_message_rows(at + 1 + HWID_LENGTH, rest)


def _power_and_message_rows(at: int, rest: bytes) -> Iterator[Row]:
    power, message = rest[:1], rest[1:]
    if not power:
        yield Row(at, b"", "measured_tx_power", _too_short(1, 0), is_broken=True)
    elif power[0] == simple_beacon.MEASURED_TX_POWER:
        yield Row(at, power, "measured_tx_power", Text("Simple Beacon 固定為 0x7F", "always 0x7F in a Simple Beacon"))
        yield from _message_rows(at + 1, message)
    elif len(message) == line_beacon.MESSAGE_LENGTH:
        yield Row(at, power, "measured_tx_power", _CERTIFIED)
        yield from _secure_message_rows(at + 1, message)
    else:
        yield Row(at, rest, "measured_tx_power", _wrong_power(power[0]), is_broken=True)


def _message_rows(at: int, message: bytes) -> Iterator[Row]:
    """Our rolling message field by field; any other as it is, for a static one may be 13 bytes long too."""
    try:
        fields = device_message.parse(message)
    except FrameError:
        yield _message_row(at, message)
        return
    resumed = Flags.RESUMED in fields.flags
    zh, en = ("斷電後續算", "resumed after a loss of power") if resumed else ("時鐘已設定", "clock set")
    version = device_message.VERSION
    yield Row(
        at, message[:1], "rolling_version", Text(f"滾動訊息第 {version} 版，{zh}", f"rolling, version {version}, {en}")
    )
    yield Row(at + 1, message[1:2], "battery", _battery(fields.battery))
    step = Text(
        f"{fields.low_step}（低 24 位元，一步 15 秒）", f"{fields.low_step} (low 24 bits of the step, 15 s each)"
    )
    yield Row(at + 2, message[2:5], "time_step", step)
    yield Row(at + 5, message[5:], "authentication_code", _ONLY_THE_SERVER)


def _secure_message_rows(at: int, message: bytes) -> Iterator[Row]:
    """Source: LINE Developers, "LINE Beacon device specification"."""
    try:
        fields = line_beacon.parse(message)
    except FrameError:
        yield Row(at, message, "secure_message", _SECURE_MESSAGE)
        return
    yield Row(at, message[:4], "authentication_code", _ONLY_LINE)
    stamp = Text(
        f"{fields.low_timestamp}（低 16 位元，一步 15 秒）", f"{fields.low_timestamp} (low 16 bits, 15 s each)"
    )
    yield Row(at + 4, message[4:6], "masked_timestamp", stamp)
    yield Row(at + 6, message[6:], "battery", _battery(fields.battery))


def _battery(level: int) -> Text:
    charge = percent(level)
    return Text("市電或未知", "mains or unknown") if charge is None else Text(f"{charge} %", f"{charge} %")


def _message_row(at: int, message: bytes) -> Row:
    size = len(message)
    if simple_beacon.MESSAGE_MIN <= size <= simple_beacon.MESSAGE_MAX:
        shown = f"{message.hex()} {message.decode()!a}" if _is_printable(message) else message.hex()
        return Row(at, message, "device_message", Text(f"{size} 個位元組：{shown}", f"{size} bytes: {shown}"))
    wrong = _NO_MESSAGE if size == 0 else _long_message(size)
    return Row(at, message, "device_message", wrong, is_broken=True)


def _flags_rows(at: int, content: bytes) -> Iterator[Row]:
    if len(content) != 1:
        yield from _plain_rows(at, content)
        return
    names = [text for bit, text in enumerate(FLAG_BITS) if content[0] >> bit & 1]
    meaning = Text("、".join(name.zh for name in names), ", ".join(name.en for name in names)) if names else NO_FLAGS
    yield Row(at, content, "flags", meaning)


def _uuid_list_rows(at: int, content: bytes) -> Iterator[Row]:
    whole = len(content) - len(content) % 2
    for start in range(0, whole, 2):
        yield _uuid16_row(at + start, content[start : start + 2])
    if whole < len(content):
        meaning = Text("UUID 只有一半，少 1 個位元組", "half a UUID: 1 byte is missing")
        yield Row(at + whole, content[whole:], "uuid16", meaning, is_broken=True)


def _uuid16_row(at: int, octets: bytes) -> Row:
    number = f"0x{int.from_bytes(octets, 'little'):04X}"
    whose = Text(f"{number}，LINE", f"{number}, LINE") if octets == simple_beacon.UUID else Text(number, number)
    return Row(at, octets, "uuid16", whose)


def _service_data_rows(at: int, content: bytes) -> Iterator[Row]:
    uuid, rest = content[:2], content[2:]
    if len(uuid) < 2:  # noqa: PLR2004 (16 bits)
        yield Row(at, content, "uuid16", _too_short(2, len(uuid)), is_broken=True)
        return
    yield _uuid16_row(at, uuid)
    if uuid == simple_beacon.UUID:
        yield from frame_rows(at + 2, rest)
    elif rest:
        yield from _plain_rows(at + 2, rest)


def _manufacturer_rows(at: int, content: bytes) -> Iterator[Row]:
    company, rest = content[:2], content[2:]
    if len(company) < 2:  # noqa: PLR2004 (16 bits)
        yield Row(at, content, "company", _too_short(2, len(company)), is_broken=True)
        return
    number = int.from_bytes(company, "little")
    name = " Apple" if number == ibeacon.APPLE_COMPANY else ""
    yield Row(at, company, "company", Text(f"0x{number:04X}{name}", f"0x{number:04X}{name}"))
    if content.startswith(ibeacon.PREFIX):
        yield from _ibeacon_rows(at + 2, content)
    elif rest:
        yield from _plain_rows(at + 2, rest)


def _ibeacon_rows(at: int, content: bytes) -> Iterator[Row]:
    """Source: Apple, "Proximity Beacon Specification"."""
    yield Row(at, content[2:3], "ibeacon_type", Text("0x02：iBeacon", "0x02: iBeacon"))
    size, body = content[3], content[4:]
    if len(body) != size:
        yield Row(at + 1, content[3:], "ibeacon_length", _wrong_size(size, len(body)), is_broken=True)
        return
    beacon = ibeacon.decode_manufacturer_data(content)
    yield Row(at + 1, content[3:4], "ibeacon_length", Text(f"後面 {size} 個位元組", f"{size} bytes follow"))
    yield Row(at + 2, body[:16], "proximity_uuid", _uuid_meaning(beacon.uuid, is_line=beacon.is_line_companion))
    yield Row(at + 18, body[16:18], "major", Text(f"{beacon.major}", f"{beacon.major}"))
    yield Row(at + 20, body[18:20], "minor", Text(f"{beacon.minor}", f"{beacon.minor}"))
    power = f"{beacon.measured_power_dbm} dBm"
    yield Row(at + 22, body[20:], "measured_power", Text(power, power))


def _uuid_meaning(uuid: UUID, *, is_line: bool) -> Text:
    if not is_line:
        return Text(f"{uuid}", f"{uuid}")
    return Text(f"{uuid}，LINE Beacon 喚醒 iOS 的伴隨封包", f"{uuid}, LINE's companion packet that wakes iOS")


def _name_rows(at: int, content: bytes) -> Iterator[Row]:
    # Whoever sends the name chooses it: nothing of it may reach the terminal as a control sequence.
    name = "".join(sign if sign.isprintable() else "�" for sign in content.decode(errors="replace"))
    yield Row(at, content, "local_name", Text(name, name))


def _plain_rows(at: int, content: bytes) -> Iterator[Row]:
    size = len(content)
    yield Row(at, content, "content", Text(f"{size} 個位元組，LINE 不使用", f"{size} bytes, not used by LINE"))


def _is_printable(message: bytes) -> bool:
    return all(0x20 <= octet <= 0x7E for octet in message)  # noqa: PLR2004 (printable ASCII)


_EXPLAINERS: dict[int, Callable[[int, bytes], Iterator[Row]]] = {
    advertising.FLAGS: _flags_rows,
    _INCOMPLETE_UUID16_LIST: _uuid_list_rows,
    advertising.COMPLETE_UUID16_LIST: _uuid_list_rows,
    _SHORTENED_NAME: _name_rows,
    _COMPLETE_NAME: _name_rows,
    advertising.SERVICE_DATA_UUID16: _service_data_rows,
    advertising.MANUFACTURER_DATA: _manufacturer_rows,
}

_ONLY_THE_SERVER = Text("只有伺服器有金鑰可以驗", "only the server has the key to check it")
_ONLY_LINE = Text("只有 LINE 可以驗", "only LINE can check it")
_NO_FRAME = Text("0xFE6F 之後沒有訊框", "no frame after 0xFE6F")
_WRONG_FRAME_TYPE = Text("LINE Beacon 的訊框類型須為 0x02", "must be 0x02 in a LINE Beacon")
_NO_MESSAGE = Text("沒有裝置訊息，LINE 不會送出事件；至少 1 個位元組", "none, so LINE sends no event; at least 1 byte")
_CERTIFIED = Text(
    "不是 0x7F：經認證的 LINE Beacon；若這是 Simple Beacon，請改為 0x7F",
    "not 0x7F: a certified LINE Beacon; if it is meant as a Simple Beacon, make it 0x7F",
)
_SECURE_MESSAGE = Text(
    "驗證碼 4、遮罩時間 2、電量 1；金鑰在 LINE", "code 4, masked time 2, battery 1; LINE has the keys"
)


def _long_message(size: int) -> Text:
    most = simple_beacon.MESSAGE_MAX
    return Text(f"{size} 個位元組；最多 {most} 個", f"{size} bytes; at most {most}")


def _wrong_power(power: int) -> Text:
    return Text(f"須為 0x7F，卻是 0x{power:02X}", f"must be 0x7F, is 0x{power:02X}")


def _too_short(expected: int, got: int) -> Text:
    return Text(f"須有 {expected} 個位元組，只有 {got} 個", f"must have {expected} bytes, has {got}")


def _wrong_size(expected: int, got: int) -> Text:
    return Text(f"後面須有 {expected} 個位元組，卻有 {got} 個", f"{expected} bytes must follow, {got} do")
