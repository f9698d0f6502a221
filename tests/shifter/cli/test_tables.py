import pytest
from hypothesis import given
from hypothesis import strategies as st

from stix_shifter.cli.tables import NARROWEST, PLAIN_WIDTH, Table, fitting_widths, plain_table


@pytest.mark.parametrize(
    ("wanted", "widths"),
    [
        ([10, 20, 30], [10, 20, 30]),
        ([300, 8], [100, 8]),
        ([300, 300, 6], [50, 50, 6]),
        ([40, 80, 6], [40, 60, 6]),
    ],
)
def test_wide_columns_share_what_narrow_ones_leave(wanted: list[int], widths: list[int]) -> None:
    assert fitting_widths(wanted) == widths


@given(st.lists(st.integers(0, 500), min_size=1, max_size=7))
def test_columns_fit_and_none_is_wider_than_it_needs(wanted: list[int]) -> None:
    widths = fitting_widths(wanted)
    assert all(width <= need for width, need in zip(widths, wanted, strict=True))
    assert sum(widths) + 2 * (len(widths) - 1) <= PLAIN_WIDTH or all(
        width in (need, NARROWEST) for width, need in zip(widths, wanted, strict=True)
    )


@given(
    st.lists(
        st.tuples(st.text(st.sampled_from("ab c"), max_size=300), st.text("xyz", max_size=90)), max_size=4
    )
)
def test_no_text_is_lost_by_wrapping(rows: list[tuple[str, str]]) -> None:
    text = plain_table(Table(("left", "right"), tuple(rows)))
    letters = "".join(sorted("".join(rows_text for row in rows for rows_text in row).replace(" ", "")))
    body = text.replace("LEFT", "").replace("RIGHT", "")
    assert "".join(sorted(body.replace(" ", "").replace("\n", ""))) == letters
