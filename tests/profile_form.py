"""The form of the profile editor as a browser sends it, filled in with a profile."""

from typing import Any

from werkzeug.datastructures import MultiDict

from checkin_api.exchange import document_of

_OF_FIELD = {"what": "", "label": "", "width": "", "pad": "right", "fill": "", "format": "", "text": ""}


def form_of(content: bytes, **more: Any) -> MultiDict[str, str]:
    """What the editor of this profile would send."""
    made = document_of(content)
    form: MultiDict[str, str] = MultiDict(
        {
            "title": made["title"],
            "layout": made["layout"],
            "separator": made.get("separator", ","),
            "encoding": made["encoding"],
            "line_end": made["line_end"],
            "header": "yes" if made["header"] else "no",
            "leave_out_duplicates": "yes" if made["leave_out_duplicates"] else "no",
            **{f"code_{name}": code for name, code in made["codes"].items()},
            "device_without_zone": made.get("device_without_zone", ""),
            **{f"device:{zone}": device for zone, device in made.get("devices", {}).items()},
            **more,
        }
    )
    for field in made["fields"]:
        for name, otherwise in _OF_FIELD.items():
            form.add(name, str(field.get(name, otherwise)))
    return form
