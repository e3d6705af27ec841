"""Rules of the department: numbers that HR sets in the place of those of the installation."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from checkin_api.models.base import Base


class DepartmentRule(Base):
    """One number of a rule, by the name of the setting in whose place it is; without a row that setting holds."""

    __tablename__ = "department_rule"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int]
    set_by: Mapped[str] = mapped_column(String(100))
    set_at: Mapped[datetime]
