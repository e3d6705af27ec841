"""A swipe file's profile: the document in which HR describes the file that the city's attendance system reads."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from checkin_api.domain.ids import Direction
from checkin_api.errors import CheckinError

# A profile is some dozens of lines; more is another file.
MAX_BYTES = 64 * 1024

# RRR is the year of the Republic (民國) in three digits: 099, 115.
DatePattern: TypeAlias = Literal[
    "YYYYMMDD", "YYYY-MM-DD", "YYYY/MM/DD", "RRRMMDD", "RRR-MM-DD", "RRR/MM/DD", "RRR.MM.DD"
]
TimePattern: TypeAlias = Literal["HHMM", "HHMMSS", "HH:MM", "HH:MM:SS"]
Encoding: TypeAlias = Literal["utf-8", "utf-8-sig", "big5", "cp950"]

# No control characters: a line end inside a field would be a forged line.
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
# What the validator says of a value, for people.
_HINTS = {
    "string_too_short": "，不可空白",
    "too_short": "，至少要有一欄",
    "string_too_long": "，太長",
    "string_pattern_mismatch": "，含有不可用的字元",
    "int_type": "，須為 1 至 200 的數字",
    "greater_than_equal": "，須為 1 至 200 的數字",
    "less_than_equal": "，須為 1 至 200 的數字",
}
_Text: TypeAlias = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]
_Code: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_PRINTABLE)]
# Padding is one byte in every encoding.
_Fill: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]$")]


class ProfileRefusedError(CheckinError):
    """The document is no profile; carries every problem found, each with the key it is about."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Padded(_Strict):
    """What every field may say: its heading, and how wide it is in bytes of the file's encoding."""

    label: _Text = ""
    width: Annotated[int, Field(ge=1, le=200)] | None = None
    pad: Literal["left", "right"] = "right"
    fill: _Fill = " "


class OfficerField(_Padded):
    """Something of the officer; a card number is not known here, and is the staff number."""

    what: Literal["staff_no", "card_no", "name"]


class DateField(_Padded):
    """The local date of the punch."""

    what: Literal["date"]
    format: DatePattern


class TimeField(_Padded):
    """The local time of the punch; what is smaller than the pattern's last part is dropped, as in duty records."""

    what: Literal["time"]
    format: TimePattern


class CodeField(_Padded):
    """The code for in or out."""

    what: Literal["direction"]


class DeviceField(_Padded):
    """The device number of the zone."""

    what: Literal["device"]


class TextField(_Padded):
    """The same text in every line."""

    what: Literal["text"]
    text: _Text


AnyField: TypeAlias = OfficerField | DateField | TimeField | CodeField | DeviceField | TextField


class Codes(_Strict):
    """What the other system calls in and out; ``auto`` is for imported punches without direction."""

    in_: Annotated[_Code, Field(alias="in")]
    out: _Code
    auto: _Code | None = None

    def of(self, direction: Direction) -> str | None:
        """The code of a direction, None where the profile has none."""
        return {Direction.IN: self.in_, Direction.OUT: self.out, Direction.AUTO: self.auto}[direction]


class Profile(_Strict):
    """One layout of a swipe file."""

    title: _Text
    layout: Literal["fixed", "separated"]
    separator: Literal[",", ";", "\t", "|"] | None = None
    encoding: Encoding
    line_end: Literal["crlf", "lf"] = "crlf"
    header: bool = False
    leave_out_duplicates: bool = True
    codes: Codes
    devices: dict[str, _Code] = {}
    device_without_zone: _Code | None = None
    fields: Annotated[list[Annotated[AnyField, Field(discriminator="what")]], Field(min_length=1, max_length=40)]

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever uses the profile should know."""
        if any(field.what == "card_no" for field in self.fields):
            return (
                "本系統沒有卡號，card_no 填的是員警編號 / no card numbers are known here: card_no has staff numbers",
            )
        return ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = [*_of_layout(self), *_of_constants(self)]
        if problems:
            raise ValueError("\n".join(problems))
        return self


def lacking(text: str, encoding: Encoding) -> str:
    """The characters of a text that the encoding does not have, each once."""
    return "".join(dict.fromkeys(char for char in text if not _has(char, encoding)))


def fit(text: str, field: AnyField, profile: Profile) -> bytes | str:
    """A field's bytes, padded, or in words why the text does not fit it; nothing is ever cut."""
    codec = bare(profile.encoding)
    missing = lacking(text, profile.encoding)
    if missing:
        codes = "、".join(f"{char} (U+{ord(char):04X})" for char in missing)
        return f"{profile.encoding} 沒有這些字 / {profile.encoding} lacks {codes}"
    if any(not char.isprintable() for char in text):
        return "含有不可見的字元 / has invisible characters"
    if profile.separator is not None and (profile.separator in text or '"' in text):
        return "含有分隔符號或引號 / has the separator or a quote in it"
    encoded = text.encode(codec)
    if field.width is None:
        return encoded
    if len(encoded) > field.width:
        return f"{len(encoded)} 位元組，超過寬度 {field.width} / {len(encoded)} bytes, wider than {field.width}"
    fill = field.fill.encode()
    return encoded.rjust(field.width, fill) if field.pad == "left" else encoded.ljust(field.width, fill)


def bare(encoding: Encoding) -> str:
    """The codec of a field: a BOM belongs to the beginning of the file alone."""
    return "utf-8" if encoding == "utf-8-sig" else encoding


def load_profile(content: bytes) -> Profile:
    """Read a profile, TOML or JSON.

    Raises:
        ProfileRefusedError: with everything that is wrong.
    """
    try:
        return Profile.model_validate(_document(content))
    except ValidationError as exc:
        raise ProfileRefusedError([line for error in exc.errors() for line in _in_words(error)]) from None


def ready_profiles() -> Mapping[str, bytes]:
    """The profiles that come with the product, by name."""
    folder = resources.files("reports") / "profiles"
    return {
        entry.name.removesuffix(".toml"): entry.read_bytes()
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    }


def _has(char: str, encoding: Encoding) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _of_layout(profile: Profile) -> Iterator[str]:
    if profile.layout == "separated" and profile.separator is None:
        yield "separator: 分隔格式要有分隔符號 / a separated layout needs a separator"
    if profile.layout == "fixed":
        if profile.separator is not None:
            yield "separator: 固定寬度沒有分隔符號 / a fixed layout has no separator"
        for number, field in enumerate(profile.fields, start=1):
            if field.width is None:
                yield f"fields.{number}.width: 固定寬度的每一欄都要有寬度 / every field of a fixed layout needs a width"
    # In Big5 the second byte of 育 and many more is 0x7C, which a reader of bytes takes for the separator.
    if profile.separator == "|" and profile.encoding in {"big5", "cp950"}:
        yield "separator: Big5 的字含有 | 的位元組，請改用別的 / characters of Big5 contain the byte of |, use another"


def _of_constants(profile: Profile) -> Iterator[str]:
    """What does not fit though no punch has been seen yet."""
    for number, field in enumerate(profile.fields, start=1):
        constants: list[tuple[str, str]] = [("label", field.label)] if profile.header else []
        if isinstance(field, TextField):
            constants.append(("text", field.text))
        if isinstance(field, CodeField):
            codes = profile.codes
            constants += [("codes", code) for code in (codes.in_, codes.out, codes.auto) if code is not None]
        if isinstance(field, DeviceField):
            constants += [(f"devices.{zone}", device) for zone, device in profile.devices.items()]
            if profile.device_without_zone is not None:
                constants.append(("device_without_zone", profile.device_without_zone))
        for key, text in constants:
            fitted = fit(text, field, profile)
            if isinstance(fitted, str):
                yield f"fields.{number} {key} {text}: {fitted}"


def _document(content: bytes) -> Any:
    if len(content) > MAX_BYTES:
        raise ProfileRefusedError(["檔案太大，不是設定檔 / too large to be a profile"])
    try:
        text = content.decode("utf-8-sig")
        if text.lstrip().startswith("{"):
            return json.loads(text, object_pairs_hook=_without_repeats)
        return tomllib.loads(text)
    except UnicodeDecodeError:
        raise ProfileRefusedError(["請以 UTF-8 儲存 / save it as UTF-8"]) from None
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ProfileRefusedError([f"不是正確的 TOML 或 JSON / neither TOML nor JSON: {exc}"]) from None
    except RecursionError:
        raise ProfileRefusedError(["層次太深 / nested too deeply"]) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    repeated = next((key for key in keys if keys.count(key) > 1), None)
    if repeated is not None:
        raise ProfileRefusedError([f"{repeated}: 重複 / is there twice"])
    return dict(pairs)


def _in_words(error: Any) -> Iterator[str]:
    """One error of the validator, with the key as HR wrote it; fields are counted from 1."""
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in _path(error["loc"]))
    allowed = error.get("ctx", {}).get("expected") or error.get("ctx", {}).get("expected_tags")
    match error["type"]:
        case "extra_forbidden":
            yield f"{where}: 不認得這個名稱 / unknown key"
        case "missing":
            yield f"{where}: 必要 / is required"
        case "union_tag_not_found":
            yield f"{where}.what: 必要 / is required"
        case "union_tag_invalid":
            yield f"{where}.what: 只能是 {allowed} 之一 / must be one of {allowed}"
        case "literal_error":
            yield f"{where}: 只能是 {allowed} 之一 / must be one of {allowed}"
        case "value_error":
            yield from str(error["ctx"]["error"]).splitlines()
        case _:
            yield f"{where}: 不正確{_HINTS.get(error['type'], '')} / {error['msg']}"


def _path(location: Sequence[int | str]) -> Iterator[int | str]:
    """The keys without the validator's own step into one kind of field."""
    for position, part in enumerate(location):
        if not (position == 2 and location[0] == "fields"):  # noqa: PLR2004 (fields, number, kind)
            yield part
