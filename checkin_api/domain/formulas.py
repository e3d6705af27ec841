"""Text that a spreadsheet would run as a formula: guarded when it is written, taken as it was when it is read back."""

# Source: OWASP, "CSV Injection": what a cell must not begin with.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"


def guarded(text: str) -> str:
    """The text so that a spreadsheet shows it."""
    return _GUARD + text if text.startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """The text of a cell that may have been guarded."""
    return text[1:] if text.startswith(_GUARD) and text[1:].startswith(FORMULA) else text
