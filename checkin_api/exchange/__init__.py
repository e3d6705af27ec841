"""What HR keeps for exchanging files, the use cases: profiles of swipe files and the files made by them, own forms.

Each is a function of ``(session, now, …)``; the caller commits. What people do stands in the audit log by the same
transaction. A refusal is what is wrong, in words; nothing wrong is an empty list.
"""

from checkin_api.exchange.forms import FormRow, NewForm, drop_form, form_content, forms, keep_form, own_form
from checkin_api.exchange.profiles import (
    Draft,
    ProfileRow,
    delete_profile,
    document_of,
    find_profile,
    profiles,
    save_profile,
    saved_profile,
)
from checkin_api.exchange.swiping import (
    SWIPE_FILE,
    order_of,
    profile_named,
    swipe_file_name,
    write_ordered,
    write_swipes,
)

__all__ = [
    "SWIPE_FILE",
    "Draft",
    "FormRow",
    "NewForm",
    "ProfileRow",
    "delete_profile",
    "document_of",
    "drop_form",
    "find_profile",
    "form_content",
    "forms",
    "keep_form",
    "order_of",
    "own_form",
    "profile_named",
    "profiles",
    "save_profile",
    "saved_profile",
    "swipe_file_name",
    "write_ordered",
    "write_swipes",
]
