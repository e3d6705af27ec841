"""The one error of the codec."""


class FrameError(ValueError):
    """Bytes that are not the frame they should be: where, what was expected, what was seen."""

    def __init__(self, where: str, *, expected: str, got: str) -> None:
        self.where, self.expected, self.got = where, expected, got
        super().__init__(f"{where}: expected {expected}, got {got}")
