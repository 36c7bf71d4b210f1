"""Dead letters: kept once with what can be read of them, replayed through the outbox."""

from msgspec.json import encode
from sqlalchemy import text

from billing.consumers.charges import apply
from billing.consumers.deadletters import Replay, call_of, letters, put_aside, replay
from server.domain.usage import UsageEvent
from tests.billing.consumers.scene import Scene
from tests.billing.support import make_user, usage_event


async def put_some_aside(scene: Scene, count: int) -> list[UsageEvent]:
    """Events that were sent and put aside."""
    user, _ = await make_user(scene.database)
    events = [usage_event(user) for _ in range(count)]
    await scene.commit(events)
    async with scene.database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET published_at = now()"))
        for number, event in enumerate(events):
            await put_aside(tx, f"1-{number}", encode(event), "test")
    return events


def test_the_call_of_an_unreadable_event_is_found_where_it_can_be() -> None:
    event = '{"callId": "0199aa00-0000-7000-8000-000000000001", "usage": "nonsense"}'
    assert str(call_of(event.encode())) == "0199aa00-0000-7000-8000-000000000001"
    nested = b"[" * 100_000
    for payload in (b"", b"[]", b"5", b"{}", b'{"callId": 5}', b'{"callId": "x"}', b"\xff", nested):
        assert call_of(payload) is None


async def test_the_same_entry_is_kept_once(scene: Scene) -> None:
    async with scene.database.transaction() as tx:
        for reason in ("first", "second"):
            await put_aside(tx, "5-1", b"junk", reason)
    assert [tuple(row) for row in await scene.rows("SELECT reason FROM dead_letters")] == [
        ("first",)
    ]


async def test_chosen_letters_are_sent_again(scene: Scene) -> None:
    await put_some_aside(scene, 3)
    async with scene.database.transaction() as tx:
        assert await replay(tx, [2, 3, 99]) == Replay(
            sent=[2, 3], refused={99: "there is no such dead letter"}
        )
        assert await replay(tx, []) == Replay(sent=[], refused={})
        assert await replay(tx, [3]) == Replay(sent=[], refused={3: "replayed before"})
    left = await scene.rows("SELECT id FROM dead_letters WHERE replayed_at IS NULL")
    queued = await scene.rows("SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id")
    assert ([row[0] for row in left], [row[0] for row in queued]) == ([1], [2, 3])


async def test_a_letter_without_its_event_or_already_billed_stays(scene: Scene) -> None:
    events = await put_some_aside(scene, 1)
    async with scene.database.transaction() as tx:
        await put_aside(tx, "9-9", b"junk", "foreign")
        await apply(tx, events)
        assert await replay(tx) == Replay(
            sent=[],
            refused={
                1: "its event has been billed meanwhile",
                2: "its event is not in the outbox",
            },
        )


async def test_letters_about_one_call_go_together_and_once(scene: Scene) -> None:
    (event,) = await put_some_aside(scene, 1)
    async with scene.database.transaction() as tx:
        await put_aside(tx, "9-9", encode(event), "again")
        assert (await replay(tx, [1])).sent == [1, 2]
    assert len(await scene.rows("SELECT id FROM outbox WHERE published_at IS NULL")) == 1


async def test_all_letters_are_listed_with_what_became_of_them(scene: Scene) -> None:
    events = await put_some_aside(scene, 2)
    async with scene.database.transaction() as tx:
        await put_aside(tx, "9-9", b"junk", "foreign")
        await replay(tx, [1])
    async with scene.database.snapshot() as snapshot:
        found = await letters(snapshot)
    assert [(letter.id, letter.call_id, letter.reason) for letter in found] == [
        (1, events[0].call_id, "test"),
        (2, events[1].call_id, "test"),
        (3, None, "foreign"),
    ]
    assert [letter.replayed_at is not None for letter in found] == [True, False, False]
