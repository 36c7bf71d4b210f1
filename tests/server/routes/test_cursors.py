"""Cursors: what is written is read back, and nothing else is let in."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Invalid
from server.domain.ids import new_id
from server.routes import cursors

Moments = st.datetimes(timezones=st.just(UTC))


@given(Moments, st.uuids())
def test_a_cursor_reads_as_the_place_it_was_written_for(moment: datetime, id: UUID) -> None:
    assert cursors.read(cursors.write((moment, id)), tuple[datetime, UUID]) == (moment, id)
    assert cursors.read(cursors.write(id), UUID) == id


@pytest.mark.parametrize(
    "text", ["x", "====", "W10", "bnVsbA", "e30", "é", "\ud800", "a b", "IjUi", "A" * 200]
)
def test_anything_else_is_refused_with_its_path(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        cursors.read(text, UUID)
    assert refused.value.path == "$query.cursor"


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Invalid):
        cursors.read(cursors.write(new_id()), tuple[datetime, UUID])
    assert cursors.read(None, UUID) is None


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "2026-01-01T00:00:00"])
def test_a_moment_that_the_database_could_not_read_is_refused(moment: str) -> None:
    made_up = base64.urlsafe_b64encode(f'["{moment}","{new_id()}"]'.encode()).decode()
    with pytest.raises(Invalid):
        cursors.read(made_up, tuple[datetime, UUID])


def test_a_page_has_a_next_one_only_where_more_was_found() -> None:
    assert cursors.page([1, 2, 3], 2) == ([1, 2], 2)
    assert cursors.page([1, 2], 2) == ([1, 2], None)
    assert cursors.page(list[int](), 2) == ([], None)
