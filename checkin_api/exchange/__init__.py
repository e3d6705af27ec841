"""What HR keeps for exchanging files, the use cases: profiles of swipe files, and the department's own forms.

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

__all__ = [
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
    "own_form",
    "profiles",
    "save_profile",
    "saved_profile",
]
