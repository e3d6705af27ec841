"""The Flask service, its worker and the command line ``checkin``."""

__version__ = "0.1.0"
