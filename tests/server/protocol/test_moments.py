"""A moment that UTC cannot tell is refused by its field's name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec import UNSET, Struct, UnsetType

from server.domain.errors import Invalid
from server.protocol.moments import are_in_reach, check_moments

EAST, WEST = timezone(timedelta(hours=1)), timezone(timedelta(hours=-1))
BEFORE = datetime.min.replace(tzinfo=EAST)
AFTER = datetime.max.replace(tzinfo=WEST)


class Asked(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str = "x"
    begins_at: datetime | UnsetType | None = UNSET


@pytest.mark.parametrize("moment", [BEFORE, AFTER, datetime(2026, 1, 1)])  # noqa: DTZ001 - it is
def test_what_lies_beyond_the_calendar_is_refused(moment: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        check_moments(Asked(begins_at=moment))
    assert refused.value.path == "$.beginsAt"
    assert not are_in_reach(["x", moment])


@pytest.mark.parametrize(
    "moment",
    [UNSET, None, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
)
def test_everything_else_passes(moment: datetime | UnsetType | None) -> None:
    asked = Asked(begins_at=moment)
    assert check_moments(asked) is asked
    assert are_in_reach([moment, 1])


def test_what_is_no_struct_has_no_fields() -> None:
    check_moments([BEFORE])
