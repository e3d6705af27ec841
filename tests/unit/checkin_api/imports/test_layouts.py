"""The layouts agree with the customer's columns and with the tables."""

from collections.abc import Iterator

import pytest

from checkin_api.imports.columns import Column, Layout
from checkin_api.imports.layouts import LAYOUTS, Kind

# The published columns, written out a second time on purpose.
COLUMNS = {
    "units": "code,name,parent_code",
    "officers": "staff_no,name,unit_code,title,default_shift,active_from,active_to",
    "sites": "code,name,address,latitude,longitude,timezone",
    "zones": "code,name,site_code,mode,required_assurance,enforced,presence_ttl_s",
    "beacons": "hwid,zone_code,kind,label",
    "shifts": "code,name,start,end,break_minutes,late_grace_minutes,early_grace_minutes,opens_before_minutes,"
    "closes_after_minutes,hours_rule,half_day_below_minutes,absent_below_minutes",
    "roster": "staff_no,duty_date,shift_code,zone_code",
    "leave": "staff_no,start,end,kind",
    "calendar": "西元日期,星期,是否放假,備註",
    "punches": "staff_no,at,direction,zone_code",
    "outages": "zone_code,start,end,reason",
}


def every_column() -> Iterator[tuple[Layout, Column]]:
    """All columns that fill one of a table."""
    return ((layout, column) for layout in LAYOUTS.values() for column in layout.columns if column.fills is not None)


def test_only_the_day_of_the_week_is_compared_and_not_kept():
    columns = [column for layout in LAYOUTS.values() for column in layout.columns if column.fills is None]
    assert [column.name for column in columns] == ["星期"]
    with pytest.raises(LookupError):
        _ = columns[0].target


def test_kinds_and_columns_are_the_published_ones():
    assert {kind: ",".join(column.name for column in LAYOUTS[kind].columns) for kind in Kind} == COLUMNS


def test_a_column_is_required_exactly_when_the_table_has_no_value_for_an_empty_cell():
    for _, column in every_column():
        has_default = column.target.default is not None or column.target.nullable or column.or_default_timezone
        assert column.required is not has_default, column.name


def test_the_default_of_an_optional_column_can_be_stored():
    for _, column in every_column():
        if not column.required and not column.target.nullable:
            assert column.default("Asia/Taipei") is not None, column.name


def test_the_key_of_a_layout_that_has_its_table_to_itself_is_required_and_unique():
    for layout in (layout for layout in LAYOUTS.values() if layout.among is None):
        key = [column for name in layout.key for column in layout.columns if column.name == name]
        assert all(column.required for column in key)
        names = {column.target.name for column in key}
        uniques = [
            {c.name for c in unique.columns} for unique in layout.table.constraints if hasattr(unique, "columns")
        ]
        assert names in uniques


def test_every_column_of_a_layout_goes_to_the_same_table():
    for layout, column in every_column():
        assert column.target.table is layout.table


def test_every_reference_column_holds_the_key_that_it_looks_up():
    for _, column in every_column():
        foreign_keys = [key.column.table for key in column.target.foreign_keys]
        looked_up = [column.refers_to.code.property.columns[0].table] if column.refers_to else []
        assert foreign_keys == looked_up, column.name


@pytest.mark.parametrize(
    ("column", "empty"), [("opens_before_minutes", 120), ("closes_after_minutes", 240), ("hours_rule", "first_last")]
)
def test_an_empty_cell_means_the_default_of_the_attendance_rules(column: str, empty: object):
    [found] = [one for _, one in every_column() if one.name == column]
    assert found.reader("Asia/Taipei")(" ") == empty
