"""Accounts of the console, the use cases: making them, signing in with a second step, sessions.

``agency``, ``provider`` and ``passkeys`` are imported by name: their libraries are not for every command.
"""

from checkin_api.accounts.second_step import asks_second_step, begin_second_step, confirm_second_step, takes_code
from checkin_api.accounts.sessions import IDLE, LONGEST, Viewer, end, end_all, note_seen, open_session, viewer_of
from checkin_api.accounts.signing_in import change_password, hash_of, is_password, judge_password, sign_in, stored_hash
from checkin_api.accounts.users import (
    FirstPassword,
    User,
    UserRow,
    add,
    disable,
    enable,
    first_password,
    reset,
    users,
)

__all__ = [
    "IDLE",
    "LONGEST",
    "FirstPassword",
    "User",
    "UserRow",
    "Viewer",
    "add",
    "asks_second_step",
    "begin_second_step",
    "change_password",
    "confirm_second_step",
    "disable",
    "enable",
    "end",
    "end_all",
    "first_password",
    "hash_of",
    "is_password",
    "judge_password",
    "note_seen",
    "open_session",
    "reset",
    "sign_in",
    "stored_hash",
    "takes_code",
    "users",
    "viewer_of",
]
