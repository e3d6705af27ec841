"""Rich menus through line-bot-sdk: listed, created, given to everybody; only one command loads this."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TypeVar

from linebot.v3.messaging import MessagingApi, MessagingApiBlob, RichMenuBulkLinkRequest, RichMenuRequest
from linebot.v3.messaging.exceptions import ApiException
from urllib3.exceptions import HTTPError

from checkin_api.errors import DeliveryError
from checkin_api.line.client import close_sdk, sdk_client
from checkin_api.line.menus import Menu

# Connect and read time-out: a picture has some 100 kB, and the line may be slow.
_TIMEOUT_S = (5.0, 30.0)
# Source: Messaging API reference, "Link rich menu to multiple users".
MOST_USERS = 500

Answer = TypeVar("Answer")


class MenuClient:
    """The rich menus of one channel."""

    def __init__(self, api_url: str, data_url: str, access_token: str) -> None:
        self._clients = [sdk_client(url, access_token, connections=1) for url in (api_url, data_url)]
        self._api, self._blobs = MessagingApi(self._clients[0]), MessagingApiBlob(self._clients[1])

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            close_sdk(client)

    def listed(self) -> dict[str, str]:
        """The names of all menus made by the API, by ID; other programs' too."""
        found = _asked(lambda: self._api.get_rich_menu_list(_request_timeout=_TIMEOUT_S))
        return {menu.rich_menu_id: menu.name for menu in found.richmenus}

    def has_picture(self, menu_id: str) -> bool:
        """Whether a menu has its picture: one that was interrupted while it was made has none."""
        return _found(lambda: self._blobs.get_rich_menu_image(menu_id, _request_timeout=_TIMEOUT_S)) is not None

    def create(self, menu: Menu) -> str:
        """Create a menu without its picture; returns LINE's ID of it."""
        request = RichMenuRequest.from_dict(menu.body)
        answer = _asked(lambda: self._api.create_rich_menu(request, _request_timeout=_TIMEOUT_S))
        return str(answer.rich_menu_id)

    def upload(self, menu_id: str, png: bytes) -> None:
        """Give a menu its one picture."""
        headers = {"Content-Type": "image/png"}
        _asked(
            lambda: self._blobs.set_rich_menu_image(menu_id, body=png, _headers=headers, _request_timeout=_TIMEOUT_S)
        )

    def show_to_all(self, menu_id: str) -> None:
        """Show a menu to everybody who has none of their own."""
        _asked(lambda: self._api.set_default_rich_menu(menu_id, _request_timeout=_TIMEOUT_S))

    def show_to(self, user_ids: Sequence[str], menu_id: str) -> None:
        """Give a menu to at most ``MOST_USERS`` people; LINE goes on with it after its answer."""
        request = RichMenuBulkLinkRequest(richMenuId=menu_id, userIds=list(user_ids))
        _asked(lambda: self._api.link_rich_menu_id_to_users(request, _request_timeout=_TIMEOUT_S))

    def delete(self, menu_id: str) -> None:
        """Delete a menu; one that is gone already is fine."""
        _found(lambda: self._api.delete_rich_menu(menu_id, _request_timeout=_TIMEOUT_S))


def _found(call: Callable[[], Answer]) -> Answer | None:
    """What LINE answers; None where it knows no such thing."""
    try:
        return _asked(call)
    except DeliveryError as exc:
        cause = exc.__cause__
        if isinstance(cause, ApiException) and cause.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def _asked(call: Callable[[], Answer]) -> Answer:
    """What LINE answers.

    Raises:
        DeliveryError: it does not, or refuses; the message tells what to do.
    """
    try:
        return call()
    except ApiException as exc:
        raise DeliveryError(_words(exc), permanent=exc.status < HTTPStatus.INTERNAL_SERVER_ERROR) from exc
    except HTTPError as exc:
        text = f"LINE 沒有回應，請再執行一次 / LINE does not answer ({type(exc).__name__}): run the command again"
        raise DeliveryError(text, permanent=False) from exc
    except (ValueError, LookupError) as exc:
        raise DeliveryError("LINE 的回應無法解讀 / LINE's answer cannot be read", permanent=True) from exc


def _words(exc: ApiException) -> str:
    match exc.status:
        case HTTPStatus.UNAUTHORIZED:
            return (
                "LINE 不接受權杖，請檢查 CHECKIN_LINE_CHANNEL_ACCESS_TOKEN / "
                "LINE refuses the token: check CHECKIN_LINE_CHANNEL_ACCESS_TOKEN"
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            # Source: Messaging API reference, "Rate limits": 100 rich menus created or deleted an hour.
            return (
                "LINE 每小時只收 100 次建立與刪除，請一小時後再執行 / "
                "LINE takes 100 menus created or deleted an hour: run the command again in an hour"
            )
        case _:
            return f"LINE: HTTP {exc.status}: {str(exc.body or exc.reason or '')[:200]}"
