"""Views as events: what a watcher has after any number of updates is what a snapshot would say."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, structs

from billing.costbook import Cost, CostBook, Key
from billing.costviews import Filters, Query, view
from server.domain.errors import Invalid
from server.domain.ids import CallId, new_id
from server.domain.money import NanoUsd
from server.protocol.codec import encode
from server.protocol.feed import FeedSeries, FeedSnapshot, FeedUpdate, SubscribeFeed
from server.sockets.costframes import difference, query_of, says_anything, snapshot, with_figures_of

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
CREATOR = UUID("01936e4f-0000-7000-8000-000000000001")


def cost(at: datetime, model: str = "a", usd: int = 1_000_000) -> Cost:
    key = Key(CREATOR, "chat", "assistant", model, "demo")
    return Cost(call_id=CallId(new_id()), key=key, cost_usd=NanoUsd(usd), failed=False, at=at)


def shown(book: CostBook, query: Query, watermark: int = 1) -> FeedSnapshot:
    return snapshot(view(book, [], query), re="c1", watermark=watermark, name_of=str.upper)


def test_a_snapshot_says_amounts_as_decimal_strings_and_names_as_people_know_them() -> None:
    book = CostBook(NOON)
    book.add(cost(NOON, usd=1_275_000))
    said = msgspec.json.decode(encode(shown(book, Query())))
    assert said["type"] == "feed.snapshot"
    assert said["totals"]["todayUsd"] == "0.001275"
    assert said["groups"][0]["key"] == "a"
    assert said["groups"][0]["name"] == "A"
    assert said["series"] == [{"key": "a", "points": [[int(NOON.timestamp()), "0.001275"]]}]
    assert said["alerts"] == []


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from("abcdefghijkl"), st.integers(1, 10**9)),
        max_size=30,
    )
)
def test_snapshot_and_updates_come_to_the_newest_snapshot(
    calls: list[tuple[int, str, int]],
) -> None:
    query = Query(seconds=300)
    book, now = CostBook(NOON), NOON
    before = shown(book, query, 1)
    have = before
    for mark, (pause, model, usd) in enumerate(calls, start=2):
        now += timedelta(seconds=pause)
        book.advance(now)
        book.add(cost(now, model, usd))
        after = shown(book, query, mark)
        start, _ = query.window(now)
        update = difference(before, after, start)
        have = after if update is None else applied(have, update, start)
        before = after
        assert by_key(have) == by_key(after)


def applied(have: FeedSnapshot, update: FeedUpdate, start: datetime) -> FeedSnapshot:
    """What a client does with an update."""
    news = {series.key: dict(series.points) for series in update.series or ()}
    keys = {series.key: dict(series.points) for series in have.series}
    for key, points in news.items():
        keys.setdefault(key, {}).update(points)
    first = int(start.timestamp())
    curves = {
        key: sorted((second, usd) for second, usd in points.items() if second >= first)
        for key, points in keys.items()
    }
    replaced = {
        name: value
        for name, value in structs.asdict(update).items()
        if value is not UNSET and name != "series"
    }
    series = [FeedSeries(key=key, points=points) for key, points in curves.items() if points]
    return structs.replace(have, **replaced, series=series)


def by_key(snapshot: FeedSnapshot) -> FeedSnapshot:
    """Curves have no order."""
    return structs.replace(snapshot, series=sorted(snapshot.series, key=lambda curve: curve.key))


def test_an_update_without_news_says_nothing() -> None:
    book = CostBook(NOON)
    before, after = shown(book, Query(), 1), shown(book, Query(), 2)
    update = difference(before, after, NOON)
    assert update is not None
    assert not says_anything(update)
    assert encode(update) == b'{"type":"feed.update","watermark":2}'


def test_a_curve_that_is_taken_back_needs_a_snapshot() -> None:
    book = CostBook(NOON)
    book.add(cost(NOON))
    before = shown(book, Query(), 1)
    after = structs.replace(before, series=[], watermark=2)
    assert difference(before, after, NOON - timedelta(seconds=300)) is None
    assert difference(before, after, NOON + timedelta(seconds=1)) is not None


def test_a_window_of_the_past_keeps_its_curve_and_shows_what_goes_on() -> None:
    book = CostBook(NOON)
    past = shown(book, Query(), 1)
    book.add(cost(NOON))
    mixed = with_figures_of(past, shown(book, Query(), 2))
    assert mixed.totals.today_usd == "0.001"
    assert (mixed.series, mixed.groups, mixed.watermark) == ([], [], 2)


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
