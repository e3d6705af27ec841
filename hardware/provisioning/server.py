"""The server's API for installers, over HTTP: every failure in words that say what to do."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from hardware.provisioning.errors import KitError

TOKEN_VARIABLE = "BEACON_KIT_TOKEN"  # noqa: S105 (the name of a variable)
_TIMEOUT_S = 10.0


class RefusedError(KitError):
    """The server answered and refused; ``code`` is stable, for programs."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code = status, code
        super().__init__(message)

    @property
    def is_about_the_token(self) -> bool:
        """Whether nothing else will be taken with this token either."""
        return self.status in {401, 403}


class AwayError(KitError):
    """The server did not answer; nothing may have been changed, and the same can be asked again."""


class Server:
    """The API of one server, with an installer's token; a context manager."""

    def __init__(self, api: str, token: str, *, transport: httpx2.BaseTransport | None = None) -> None:
        if not api:
            raise KitError("案場檔的 [site] 沒有 api / the site file has no api under [site]")
        self._api = api
        self._client = httpx2.Client(
            base_url=f"{api}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def register(self, hwid: str, beacon: Mapping[str, Any]) -> bool:
        """Register a beacon: ``zone``, ``kind``, ``label``, and ``key`` in hex of a rolling one.

        Returns:
            False if it was registered just so already.

        Raises:
            RefusedError: another one has the hardware ID, no such zone, a token of the wrong role.
            AwayError: no answer.
        """
        return bool(self._ask("PUT", f"/beacons/{hwid}", beacon)["changed"])

    def rotate_key(self, hwid: str, key: bytes) -> bool:
        """Give a beacon a new key; the old one is taken for some days more.

        Returns:
            False if it has this key already.

        Raises:
            RefusedError: no such beacon, or not a rolling one.
            AwayError: no answer.
        """
        return bool(self._ask("POST", f"/beacons/{hwid}/key", {"key": key.hex()})["changed"])

    def report_sighting(self, hwid: str, sighting: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have what was heard judged: ``zone``, ``heard`` (``at``, ``device_message``), ``rssi_dbm``, ``interval_ms``.

        Returns:
            ``results`` (``device_message``, ``proof``, ``lag_s``) and ``resynchronised``.

        Raises:
            RefusedError: no such beacon or zone.
            AwayError: no answer.
        """
        return self._ask("POST", f"/beacons/{hwid}/sightings", {**sighting, "sent_at": datetime.now(UTC).isoformat()})

    def _ask(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx2.HTTPError as exc:
            raise AwayError(
                f"{self._api} 沒有回應（{type(exc).__name__}）：請檢查網路後再執行一次"
                f" / does not answer ({type(exc).__name__}): check the network and run the same command again"
            ) from exc
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise AwayError(
                f"{self._api} 回應的不是簽到伺服器（HTTP {answer.status_code}）：請檢查案場檔的 api"
                f" / answers HTTP {answer.status_code} and is no check-in server: correct api in the site file"
            )
        if answer.is_success:
            return document
        raise _refusal(answer.status_code, document)


def token(token_file: Path | None) -> str:
    """The installer's token: from a file if one is named, else from the environment.

    Raises:
        KitError: there is none.
        OSError: the file cannot be read.
    """
    found = token_file.read_text("utf-8") if token_file else os.environ.get(TOKEN_VARIABLE, "")
    if not found.strip():
        raise KitError(
            f"沒有權杖：請設定 {TOKEN_VARIABLE} 或用 --token-file（向管理員索取：checkin token issue --role installer）"
            f" / no token: set {TOKEN_VARIABLE} or use --token-file (an admin makes one: checkin token issue)"
        )
    return found.strip()


def _refusal(status: int, document: Mapping[str, Any]) -> RefusedError:
    code, title = str(document.get("code", "error")), str(document.get("title", ""))
    if status in {401, 403}:
        return RefusedError(
            status,
            code,
            f"伺服器不接受這個權杖：請向管理員索取新的 / the server refuses this token ({title}): ask for another one",
        )
    shown = "".join(sign if sign.isprintable() else "?" for sign in title)[:400]
    return RefusedError(status, code, f"伺服器拒絕 / the server refuses: {shown} ({code})")
