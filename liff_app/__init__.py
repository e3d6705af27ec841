"""The officers' LIFF app: its page and its files; everything it knows it asks of ``/api/v1/me``."""

from liff_app.page import blueprint

__all__ = ["blueprint"]
