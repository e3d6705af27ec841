"""LINE's hosts as a browser under test reaches them: the SDK's script, and what the SDK asks; no network is used.

The addresses and the answers are those of @line/liff 2.31.0 in a browser outside LINE.
"""

import base64
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import BrowserContext, Route

from tests import liff_sdk
from tests.line_platform import LinePlatform

SDK_URL = "https://static.line-scdn.net/liff/edge/versions/2.31.0/sdk.js"
LOGIN_PAGE = "https://access.line.me/liff/v1/authorize"
_API = "https://api.line.me"
_OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}


class LineHosts:
    """Everything outside the page's own server, for one person with a LINE account."""

    def __init__(self, context: BrowserContext, line: LinePlatform, user: str, page_url: str) -> None:
        self._line, self._user, self._page_url = line, user, page_url
        self._server = "{0.scheme}://{0.netloc}/".format(urlsplit(page_url))
        # What the mock plugin is to answer; without it the SDK works as it does for everybody.
        self.mock: dict[str, Any] | None = None
        self.logins = 0
        self.unknown: list[str] = []
        context.route(lambda url: not url.startswith(self._server), self._answer)

    def _answer(self, route: Route) -> None:
        url, _, query = route.request.url.partition("?")
        if url == SDK_URL:
            self._script(route)
        elif url.startswith("https://static.line-scdn.net/liff/edge/2/"):
            # Extensions for versions of LINE that are gone.
            route.fulfill(content_type="text/javascript", body="")
        elif url == "https://liffsdk.line-scdn.net/xlt/manifest.json":
            # The words of its own dialogs, which it also has in English.
            route.fulfill(status=404, headers=_OPEN_TO_ALL)
        elif url == LOGIN_PAGE:
            self.logins += 1
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            route.fulfill(status=302, headers={"Location": self._signed_in(asked)})
        elif url == f"{_API}/oauth2/v2.1/token":
            _tell(route, access_token=secrets.token_urlsafe(16), id_token=self.id_token(), expires_in=12 * 60 * 60)
        elif url == f"{_API}/oauth2/v2.1/certs":
            _tell(route, **self._line.world.identity.jwks())
        elif url.startswith(f"{_API}/liff/v2/apps/") and url.endswith("/contextToken"):
            _tell(route, contextToken=f"e30.{self._context()}.none")
        else:
            self.unknown.append(route.request.url)
            route.abort()

    def id_token(self) -> str:
        """A new one, as LINE's servers sign it."""
        return self._line.id_token(self._user)

    def _script(self, route: Route) -> None:
        body = liff_sdk.script("alone" if self.mock is None else "with_mock")
        if self.mock is not None:
            body = f"window.answersOfLine = {json.dumps(self.mock)};\n{body}"
        route.fulfill(content_type="text/javascript; charset=utf-8", body=body)

    def _signed_in(self, asked: dict[str, str]) -> str:
        """Back to the page, as LINE's login sends it."""
        back = {
            "code": secrets.token_urlsafe(8),
            "state": asked["state"],
            "liffClientId": self._line.config.login_channel_id,
            "liffRedirectUri": self._page_url,
        }
        return f"{self._page_url}?{urlencode(back)}"

    def _context(self) -> str:
        context = {
            "type": "external",
            "viewType": "full",
            "endpointUrl": self._page_url,
            "permanentLinkPattern": "concat",
            "scope": ["openid", "profile"],
            "availability": {"scanCodeV2": {"permission": True, "minVer": "11.7.0", "minOsVer": "14.3.0"}},
        }
        return base64.urlsafe_b64encode(json.dumps(context).encode()).decode().rstrip("=")


def _tell(route: Route, **answer: Any) -> None:
    route.fulfill(json=answer, headers=_OPEN_TO_ALL)
