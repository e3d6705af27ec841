"""Rich menus: created, given an image, shown to all or to one user."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.line_platform import ids
from tests.line_platform.checks.rich_menu import check_image, check_rich_menu
from tests.line_platform.errors import ApiError

# Source: Messaging API reference, "Create rich menu".
_MOST_MENUS = 1000
_IMAGE_TYPES = ("image/jpeg", "image/png")


@dataclass(slots=True)
class RichMenu:
    """A menu as created, and its image once there is one."""

    id: str
    menu: dict[str, Any]
    image: bytes | None = None
    image_type: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return LINE's rich menu response object."""
        return {"richMenuId": self.id, **self.menu}


class RichMenus:
    """All rich menus of the account. Not thread-safe by itself: the platform's lock is held around each call."""

    def __init__(self) -> None:
        self._menus: dict[str, RichMenu] = {}
        self._default: str | None = None
        self._of_user: dict[str, str] = {}

    def create(self, menu: Any) -> RichMenu:
        """Create a menu.

        Raises:
            ApiError: the object is wrong, or there are too many menus.
        """
        error = check_rich_menu(menu)
        if error:
            raise error
        if len(self._menus) >= _MOST_MENUS:
            raise ApiError(400, "The maximum number of rich menus has been reached")
        created = RichMenu(ids.rich_menu_id(), menu)
        self._menus[created.id] = created
        return created

    def get(self, menu_id: str) -> RichMenu:
        """Return a menu, or raise LINE's 404."""
        if menu_id not in self._menus:
            raise ApiError(404, "Not found")
        return self._menus[menu_id]

    def all(self) -> list[RichMenu]:
        """Return every menu."""
        return list(self._menus.values())

    def delete(self, menu_id: str) -> None:
        """Delete a menu; whoever had it falls back to the default."""
        self.get(menu_id)
        del self._menus[menu_id]
        self._default = None if self._default == menu_id else self._default
        self._of_user = {user: menu for user, menu in self._of_user.items() if menu != menu_id}

    def set_image(self, menu_id: str, image: bytes, media_type: str) -> None:
        """Give a menu its one image.

        Raises:
            ApiError: no such menu, an image that LINE does not take, or there is an image already.
        """
        menu = self.get(menu_id)
        if media_type not in _IMAGE_TYPES:
            raise ApiError(415, f"The content type, {media_type}, is not supported")
        if menu.image is not None:
            raise ApiError(400, "An image has already been uploaded to the richmenu")
        error = check_image(image)
        if error:
            raise error
        menu.image, menu.image_type = image, media_type

    @property
    def default(self) -> str | None:
        """The id of the menu everyone sees who has none of their own."""
        return self._default

    def set_default(self, menu_id: str) -> None:
        """Show a menu to everyone, or raise LINE's error."""
        self._with_image(menu_id)
        self._default = menu_id

    def clear_default(self) -> None:
        """Show no default menu."""
        self._default = None

    def link(self, user_ids: Iterable[str], menu_id: str) -> None:
        """Give users a menu of their own, or raise LINE's error."""
        self._with_image(menu_id)
        self._of_user.update(dict.fromkeys(user_ids, menu_id))

    def unlink(self, user_ids: Iterable[str]) -> None:
        """Take users' own menu away."""
        for user_id in user_ids:
            self._of_user.pop(user_id, None)

    def linked(self, user_id: str) -> str | None:
        """Return the id of the user's own menu."""
        return self._of_user.get(user_id)

    def shown_to(self, user_id: str) -> RichMenu | None:
        """Return the menu a phone shows: the user's own, else the default."""
        menu_id = self._of_user.get(user_id) or self._default
        return self._menus.get(menu_id) if menu_id else None

    def _with_image(self, menu_id: str) -> None:
        if self.get(menu_id).image is None:
            raise ApiError(400, "must upload richmenu image before applying it to user")
