"""CSV files into the tables: what a file may hold, what is wrong with it, its rows stored all together or not at all.

``layouts`` is the place to begin: one table of columns for each kind of file.
"""

from checkin_api.imports.exporting import export
from checkin_api.imports.importing import import_file
from checkin_api.imports.layouts import Kind
from checkin_api.imports.outcome import Change, ImportRefusedError, ImportResult, Problem
from checkin_api.imports.review import Replacing
from checkin_api.imports.sheet import Sheet, read_sheet
from checkin_api.imports.storing import store_sheet

__all__ = [
    "Change",
    "ImportRefusedError",
    "ImportResult",
    "Kind",
    "Problem",
    "Replacing",
    "Sheet",
    "export",
    "import_file",
    "read_sheet",
    "store_sheet",
]
