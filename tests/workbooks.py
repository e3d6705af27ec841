"""Workbooks as the tests read them back."""

import io

from openpyxl import load_workbook


def print_headers(content: bytes) -> set[str]:
    """What the middle of each sheet's printed header says."""
    headers = (sheet.oddHeader for sheet in load_workbook(io.BytesIO(content)).worksheets)
    return {str(header.center.text or "") if header else "" for header in headers}
