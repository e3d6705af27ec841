"""What may be attached to a correction: a picture or a PDF, known by its first bytes, under a harmless name."""

import unicodedata
from dataclasses import dataclass

from checkin_api.domain.ids import CorrectionRefusal

SIZE_LIMIT = 5 * 1024 * 1024
# In characters: 60 of them are at most 240 bytes, and file systems allow 255.
_NAME_LIMIT = 60
# First bytes → endings of the name, the first of which is given to a name without one of them, and the media type.
# Sources: ISO/IEC 10918-1 B.1.1.3 (SOI and the marker after it); PNG 3rd edition 5.2; ISO 32000-1 7.5.2.
_KINDS: tuple[tuple[bytes, tuple[str, ...], str], ...] = (
    (b"\xff\xd8\xff", (".jpg", ".jpeg"), "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", (".png",), "image/png"),
    (b"%PDF-", (".pdf",), "application/pdf"),
)
# What a file name may not hold on Windows, where HR opens it.
_FORBIDDEN = frozenset('<>:"|?*')


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was sent."""

    name: str
    content: bytes


def judge_attachment(sent: Attachment) -> Attachment | CorrectionRefusal:
    """The file under a clean name, or why it is not taken."""
    if len(sent.content) > SIZE_LIMIT:
        return CorrectionRefusal.ATTACHMENT_TOO_LARGE
    for magic, endings, _ in _KINDS:
        if sent.content.startswith(magic):
            return Attachment(_clean(sent.name, endings), sent.content)
    return CorrectionRefusal.ATTACHMENT_KIND


def media_type(content: bytes) -> str:
    """What a file is by its first bytes, whatever its name says."""
    kinds = (kind for magic, _, kind in _KINDS if content.startswith(magic))
    return next(kinds, "application/octet-stream")


def _clean(name: str, endings: tuple[str, ...]) -> str:
    """The last part of a path without anything invisible or special, with an ending that tells the truth."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if char.isprintable())
    plain = "".join("_" if char in _FORBIDDEN else char for char in visible).strip(" .")
    ending = next((ending for ending in endings if plain.lower().endswith(ending)), None)
    stem = plain[: -len(ending)].strip(" .") if ending else plain
    return f"{stem[:_NAME_LIMIT] or 'attachment'}{ending or endings[0]}"
