"""What ends a demonstration before its time."""


class DemoError(Exception):
    """It cannot go on; the message is one line that says what to do."""


class StoppedError(Exception):
    """Somebody asked it to end."""
