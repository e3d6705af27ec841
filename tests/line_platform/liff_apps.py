"""Open LIFF pages: whose phone each is on, and the tokens it was given when it was opened."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

# Source: LIFF documentation, "LIFF URL".
LIFF_HOST = "liff.line.me"


@dataclass(frozen=True, slots=True)
class LiffSession:
    """One opening of a LIFF app.

    The tokens are those of the opening: a page that is loaded again gets the same ones, run out or not, as LINE's SDK
    hands out what it has stored. `in_client` is false for a browser other than LINE's.
    """

    user_id: str
    liff_id: str
    id_token: str
    access_token: str
    in_client: bool = True


def liff_app(uri: str, apps: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the LIFF ID and the page's address that a LIFF URL stands for, or None if it is none of these apps.

    What follows the LIFF ID goes to the end of the endpoint URL: path, query and fragment.
    """
    parts = urlsplit(uri)
    liff_id, _, path = parts.path.removeprefix("/").partition("/")
    if parts.scheme != "https" or parts.netloc != LIFF_HOST or liff_id not in apps:
        return None
    endpoint = urlsplit(apps[liff_id])
    query = "&".join(each for each in (endpoint.query, parts.query) if each)
    whole = endpoint._replace(path=f"{endpoint.path.rstrip('/')}/{path}", query=query, fragment=parts.fragment)
    return liff_id, whole.geturl()


def new_code(system: str, user_id: str) -> str:
    """Return a code for a page's address: the system and a mark of the phone, which the SDK needs before it may ask.

    Args:
        system: `ios`, `android`, or `web` for a browser other than LINE's.
        user_id: whose phone it is; the mark does not tell.
    """
    mark = hashlib.sha256(user_id.encode()).hexdigest()[:12]
    return f"{system}.{mark}.{secrets.token_urlsafe(16)}"


def with_code(address: str, code: str) -> str:
    """Return the address with the code added to its query."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "liff.code"]
    return parts._replace(query=urlencode([*kept, ("liff.code", code)])).geturl()
