"""The editor of a profile: the fields of its form as the document that they mean, whatever somebody wrote into them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# As many as a profile may have; a form with more is no form of ours.
MOST_FIELDS = 40
_LONGEST = 400
_NUMBER = re.compile(r"[0-9]{1,6}")
_OF_FIELD = ("what", "label", "width", "pad", "fill", "format", "text")
_DEVICE = "device:"
_TAB = "tab"

Document = dict[str, Any]


class Form(Protocol):
    """What was sent: a value by name, or all of a name in order."""

    def get(self, key: str, default: str, /) -> str:
        """The first value."""

    def getlist(self, key: str, /) -> list[str]:
        """All values."""

    def keys(self) -> Any:
        """All names."""


def document(form: Form) -> Document:
    """The profile that a form says; a value that is none stays as it was written, and the profile is refused for it."""
    made: Document = {
        "title": form.get("title", "")[:_LONGEST].strip(),
        "layout": form.get("layout", "fixed"),
        "encoding": form.get("encoding", ""),
        "line_end": form.get("line_end", "crlf"),
        "header": form.get("header", "") == "yes",
        "leave_out_duplicates": form.get("leave_out_duplicates", "") == "yes",
        "codes": {
            "in": form.get("code_in", "")[:_LONGEST],
            "out": form.get("code_out", "")[:_LONGEST],
            **_unless_empty("auto", form.get("code_auto", "")),
        },
        "devices": _devices(form),
        **_unless_empty("device_without_zone", form.get("device_without_zone", "")),
        "fields": _fields(form),
    }
    if made["layout"] == "separated":
        separator = form.get("separator", ",")
        made["separator"] = "\t" if separator == _TAB else separator
    return made


def changed(old: Document, what: str) -> Document:
    """The document after a button was pressed: ``add``, or ``up``, ``down``, ``remove`` with a field from 0."""
    fields: list[Document] = list(old["fields"])
    action, _, number = what.partition(":")
    at = int(number) if _NUMBER.fullmatch(number) else -1
    if action == "add" and len(fields) < MOST_FIELDS:
        fields.append({"what": "text", "text": "", **({"width": 1} if old["layout"] == "fixed" else {})})
    elif 0 <= at < len(fields):
        field = fields.pop(at)
        if action in {"up", "down"}:
            fields.insert(max(0, at - 1) if action == "up" else at + 1, field)
        elif action != "remove":
            fields.insert(at, field)
    return {**old, "fields": fields}


def _fields(form: Form) -> list[Document]:
    columns = [form.getlist(name)[: MOST_FIELDS + 1] for name in _OF_FIELD]
    return [
        _field(dict(zip(_OF_FIELD, values, strict=True)))
        for values in zip(*columns, strict=False)
    ]  # fmt: skip


def _field(sent: Mapping[str, str]) -> Document:
    what, width = sent["what"], sent["width"].strip()
    field: Document = {"what": what[:_LONGEST], **_unless_empty("label", sent["label"])}
    if width:
        field["width"] = int(width) if _NUMBER.fullmatch(width) else width[:_LONGEST]
    if "width" in field:
        field["pad"] = sent["pad"]
        field["fill"] = sent["fill"][:_LONGEST] or " "
    if what in {"date", "time"}:
        field["format"] = sent["format"][:_LONGEST]
    if what == "text":
        field["text"] = sent["text"][:_LONGEST]
    return field


def _devices(form: Form) -> Document:
    names: Sequence[str] = [name for name in form.keys() if name.startswith(_DEVICE)]  # noqa: SIM118 (no mapping)
    sent = {name.removeprefix(_DEVICE): form.get(name, "").strip()[:_LONGEST] for name in names}
    return {zone: device for zone, device in sent.items() if device}


def _unless_empty(name: str, text: str) -> Document:
    return {name: text[:_LONGEST]} if text else {}
