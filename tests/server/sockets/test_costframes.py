"""What a watcher asks, and figures as it is told them."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from billing.costviews import Filters, Group, Query
from server.domain.errors import Invalid
from server.domain.money import NanoUsd
from server.protocol.codec import encode
from server.protocol.feed import FeedUpdate, SubscribeFeed
from server.sockets.costframes import group, query_of, says_anything

CREATOR = UUID("01936e4f-0000-7000-8000-000000000001")


def test_an_update_without_news_says_nothing() -> None:
    update = FeedUpdate(watermark=2)
    assert not says_anything(update)
    assert encode(update) == b'{"type":"feed.update","watermark":2}'


def test_amounts_are_decimal_strings() -> None:
    one = Group(
        key="a",
        per_second=NanoUsd(1_275_000),
        per_minute=NanoUsd(0),
        today=NanoUsd(10**9),
        calls=3,
        change_percent=None,
    )
    said = group(one, "A")
    assert (said.name, said.per_second_usd, said.per_minute_usd) == ("A", "0.001275", "0")
    assert said.today_usd == "1"


def test_what_is_not_said_is_the_last_five_minutes_by_model_of_all() -> None:
    assert query_of(command({})) == Query(seconds=300, group_by="model", filters=Filters())


def test_what_is_said_is_looked_at() -> None:
    query = query_of(
        command(
            {
                "range": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00+00:00"},
                "groupBy": "creator",
                "filters": {"creatorId": [str(CREATOR)], "model": ["a", "b"], "agent": []},
            }
        )
    )
    assert (query.seconds, query.group_by) == (None, "creator")
    assert query.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert query.filters == Filters(creator=frozenset({CREATOR}), model=frozenset("ab"))


@pytest.mark.parametrize(
    ("begin", "end", "path"),
    [
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "$.range.to"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "$.range.to"),
        ("2026-01-01T00:00:00", "2026-01-02T00:00:00Z", "$.range"),
    ],
)
def test_a_window_that_is_none_is_refused(begin: str, end: str, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        query_of(command({"range": {"from": begin, "to": end}}))
    assert caught.value.path == path


def command(fields: dict[str, object]) -> SubscribeFeed:
    return msgspec.convert({"type": "feed.subscribe", "id": "c1", **fields}, SubscribeFeed)
