"""What HR keeps here for exchanging files with others: profiles of swipe files, and the department's own forms."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.models.base import Base

LONGEST_NAME = 60


class SwipeProfile(Base):
    """A profile 設定檔 of swipe files of the department's own; ``definition`` is the JSON document that it is."""

    __tablename__ = "swipe_profile"
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    definition: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(100))


class OwnForm(Base):
    """A form 自己的表格: an XLSX with placeholders, which report fills it, and the table whose rows are repeated."""

    __tablename__ = "own_form"
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    repeated: Mapped[str | None] = mapped_column(String(64))
    content: Mapped[bytes]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(100))
