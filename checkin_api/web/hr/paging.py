"""What a page of a long list says of itself."""

from checkin_api.web.hr.schemas import PageIn


def page_of(asked: PageIn, total: int) -> dict[str, int]:
    """Which page of how many it is; an empty list has one."""
    return {"page": asked.page, "pages": max(1, -(-total // asked.per_page)), "total": total}
