"""The exceptions of the API: one root, few children, typed attributes."""

from collections.abc import Sequence


class CheckinError(Exception):
    """The root of every malfunction this package reports to a person."""


class ConfigError(CheckinError):
    """One or more settings are missing or wrong; carries every problem found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class NotFoundError(CheckinError):
    """A named thing does not exist."""


class StorageError(CheckinError):
    """The database did not take what had to be stored; the sender must try again."""


class DeliveryError(CheckinError):
    """A message could not be handed to the LINE Platform or to a forwarding target."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(message)


class MonthlyLimitError(DeliveryError):
    """LINE pushes no more messages of this account this month."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


def unknown_officer(staff_no: str) -> NotFoundError:
    """No officer has the staff number."""
    return NotFoundError(f"沒有員警編號 {staff_no} / no officer has the staff number {staff_no}")


def unknown_unit(code: str) -> NotFoundError:
    """No unit has the code."""
    return NotFoundError(f"沒有單位 {code} / there is no unit with the code {code}")


def unknown_correction(correction_id: object) -> NotFoundError:
    """No correction has the ID."""
    return NotFoundError(
        f"沒有申請 {correction_id} / there is no correction {correction_id}; see `checkin correction list`"
    )
