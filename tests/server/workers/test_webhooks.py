"""What waits is sent, to real receivers on this machine, until it has arrived or is given up."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from ipaddress import ip_address

import pytest
import pytest_asyncio
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from server.domain.notices import WEBHOOK_TEST
from server.persistence import deliveries, notifications, webhooks
from server.persistence.database import Database
from server.webhooks import signing
from server.webhooks.addresses import Address
from server.workers.webhooks import LEASE
from tests.server.persistence.test_notices import person
from tests.server.workers.courier_scene import SEALER, Scene
from tests.support.eventually import eventually
from tests.support.receiver import CUT, SILENCE, Receiver, answer, receiving


@pytest_asyncio.fixture
async def scene(database: Database, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("server.workers.webhooks.POLL_S", 0.02)
    return Scene(database)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def test_it_arrives_signed_under_the_events_id(scene: Scene, receiver: Receiver) -> None:
    hook = await scene.hook(receiver)
    async with scene.running():
        events = [await scene.send(hook) for _ in range(3)]
        for event in events:
            found = await scene.ended(hook, event)
            assert (found.state, found.attempts, found.log[0].status) == ("delivered", 1, 204)
    assert sorted(receiver.ids) == sorted(map(str, events))
    for got in receiver.received:
        told = Webhook(scene.secret).verify(got.body, got.headers)
        assert (told["type"], told["data"]) == ("plan.changed", {"plan": "pro"})
        assert told["id"] == got.headers["webhook-id"]


async def test_during_a_rotation_both_secrets_sign_and_then_the_new_one(
    scene: Scene, receiver: Receiver
) -> None:
    owner = await person(scene.database)
    hook, new = await scene.hook(receiver, owner), signing.new_secret()
    sealed = SEALER.seal(new.encode(), purpose=signing.PURPOSE, row=hook)
    async with scene.database.transaction() as tx:
        until = scene.clock() + timedelta(minutes=1)
        await webhooks.rotate(tx, hook, owner, sealed, previous_until=until)
    async with scene.running():
        await scene.ended(hook, await scene.send(hook))
        scene.clock.turn(minutes=1)
        await scene.ended(hook, await scene.send(hook))
    both, one = receiver.received
    for secret in (new, scene.secret):
        Webhook(secret).verify(both.body, both.headers)
    assert len(both.headers["webhook-signature"].split()) == 2
    assert len(one.headers["webhook-signature"].split()) == 1
    Webhook(new).verify(one.body, one.headers)


async def test_it_is_sent_again_until_it_arrives(scene: Scene, receiver: Receiver) -> None:
    hook = await scene.hook(receiver)
    receiver.plays = [answer(500, b"oh no"), CUT, answer(302, location="https://example.com")]
    async with scene.running():
        event = await scene.send(hook)
        for times, pause_s in ((1, 5), (2, 300), (3, 1_800)):
            found = await scene.tried(hook, event, times)
            assert found.next_at == scene.clock() + timedelta(seconds=pause_s)
            scene.clock.turn(seconds=pause_s)
        found = await scene.ended(hook, event)
    assert found.state == "delivered"
    assert [one.status for one in found.log] == [500, None, 302, 204]
    assert found.log[0].excerpt == "oh no"
    assert receiver.ids == [str(event)] * 4
    assert len({got.body for got in receiver.received}) == 1
    assert (await scene.webhook(hook)).failing_since is None


async def test_a_receiver_that_keeps_silent_is_tried_again(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.webhooks.client.TOTAL_S", 0.05)
    receiver.plays = [SILENCE]
    hook = await scene.hook(receiver)
    async with scene.running():
        event = await scene.send(hook)
        assert (await scene.tried(hook, event, 1)).log[0].error == "There was no answer in time."
        scene.clock.turn(seconds=5)
        assert (await scene.ended(hook, event)).state == "delivered"


async def test_a_receivers_wish_for_a_pause_is_heard(scene: Scene, receiver: Receiver) -> None:
    receiver.plays = [answer(429, Retry_After="600")]
    hook = await scene.hook(receiver)
    async with scene.running():
        found = await scene.tried(hook, await scene.send(hook), 1)
    assert found.next_at == scene.clock() + timedelta(minutes=10)


async def test_after_eight_attempts_it_is_given_up(scene: Scene, receiver: Receiver) -> None:
    receiver.usual = answer(500)
    hook = await scene.hook(receiver)
    async with scene.running():
        event = await scene.send(hook)
        for times in range(1, 8):
            await scene.tried(hook, event, times)
            scene.clock.turn(hours=11)
        found = await scene.ended(hook, event)
    assert (found.state, found.attempts, len(found.log)) == ("failed", 8, 8)
    assert (await scene.webhook(hook)).enabled is False  # 77 hours, and nothing has arrived
    shown = scene.metrics.exposition()[0].decode()
    assert 'webhook_attempts_total{outcome="given_up"} 1.0' in shown


async def test_a_test_is_sent_once(scene: Scene, receiver: Receiver) -> None:
    receiver.plays = [answer(500)]
    hook = await scene.hook(receiver)
    async with scene.running():
        event = await scene.send(hook, WEBHOOK_TEST)
        assert (await scene.ended(hook, event)).state == "failed"


async def test_one_that_is_gone_is_disabled_at_once_and_its_owner_told(
    scene: Scene, receiver: Receiver
) -> None:
    owner = await person(scene.database)
    async with receiving() as other:
        hook, told = await scene.hook(receiver, owner), await scene.hook(other, owner)
        receiver.plays = [answer(410)]
        async with scene.running():
            event = await scene.send(hook)
            assert (await scene.ended(hook, event)).state == "failed"
            await eventually(lambda: len(other.received) == 1)
    gone = await scene.webhook(hook)
    assert (gone.enabled, gone.disabled_reason) == (False, "gone")
    async with scene.database.snapshot() as tx:
        (note,) = await notifications.list_notifications(
            tx, owner, unread=True, before=None, limit=9
        )
    assert note.event == "webhook.disabled"
    assert note.data["webhookId"] == str(hook)
    assert (note.data["host"], note.data["reason"]) == (f"127.0.0.1:{receiver.port}", "gone")
    assert other.ids == [str(note.id)]
    assert (await scene.webhook(told)).enabled
    assert len(receiver.received) == 1


async def test_a_failure_after_days_of_silence_does_not_disable_before_it_is_given_up(
    scene: Scene, receiver: Receiver
) -> None:
    receiver.plays = [answer(500)] * 2
    hook = await scene.hook(receiver)
    async with scene.running():
        await scene.tried(hook, await scene.send(hook), 1)
        scene.clock.turn(days=9)
        event = await scene.send(hook)
        await scene.tried(hook, event, 1)
        scene.clock.turn(seconds=5)
        assert (await scene.ended(hook, event)).state == "delivered"
    assert (await scene.webhook(hook)).enabled


async def test_one_that_lets_everybody_wait_takes_its_own_places_only(
    scene: Scene, receiver: Receiver
) -> None:
    async with receiving() as dead:
        dead.usual = SILENCE
        slow, hook = await scene.hook(dead), await scene.hook(receiver)
        async with scene.running():
            for _ in range(20):
                await scene.send(slow)
            await eventually(lambda: len(dead.received) == 4)
            events = [await scene.send(hook) for _ in range(20)]
            for event in events:
                assert (await scene.ended(hook, event)).state == "delivered"
            assert len(dead.received) == 4


async def test_what_nobody_wrote_down_is_sent_again_under_the_same_id(
    scene: Scene, receiver: Receiver
) -> None:
    receiver.plays = [SILENCE]
    hook = await scene.hook(receiver)
    async with scene.running():
        event = await scene.send(hook)
        await eventually(lambda: len(receiver.received) == 1)
    async with scene.running():
        scene.clock.turn(seconds=LEASE.total_seconds())
        found = await scene.ended(hook, event)
    assert (found.state, found.attempts) == ("delivered", 2)
    assert receiver.ids == [str(event)] * 2


async def test_several_couriers_send_each_once(scene: Scene, receiver: Receiver) -> None:
    hooks = [await scene.hook(receiver, host=f"host{number}") for number in range(3)]
    async with scene.running(), scene.running(), scene.running():
        sent = [(hook, await scene.send(hook)) for hook in hooks for _ in range(10)]
        for hook, event in sent:
            assert (await scene.ended(hook, event)).attempts == 1
    assert sorted(receiver.ids) == sorted(str(event) for _, event in sent)


async def test_a_secret_that_cannot_be_read_any_more_is_said_so(
    scene: Scene, receiver: Receiver
) -> None:
    hook = await scene.hook(receiver)
    async with scene.database.transaction() as tx:
        await tx.execute(text("UPDATE webhooks SET secret = 'x'"))
    async with scene.running():
        found = await scene.tried(hook, await scene.send(hook), 1)
        assert "rotate it" in str(found.log[0].error)
        assert receiver.connections == 0
        async with scene.database.transaction() as tx:
            owner = (await scene.webhook(hook)).user_id
            sealed = SEALER.seal(b"whsec_" + b"A" * 32, purpose=signing.PURPOSE, row=hook)
            until = scene.clock() + timedelta(minutes=1)
            await webhooks.rotate(tx, hook, owner, sealed, previous_until=until)
        assert (await scene.ended(hook, await scene.send(hook))).state == "delivered"


async def test_a_crash_is_one_deliverys_and_an_attempt_like_another(
    scene: Scene, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    async def resolve(host: str, port: int) -> Sequence[Address]:
        if host == "crash.example":
            raise RuntimeError("nobody foresaw that")
        return [ip_address("127.0.0.1")]

    scene.resolve = resolve
    broken, hook = await scene.hook(receiver), await scene.hook(receiver)
    async with scene.database.transaction() as tx:
        url = "UPDATE webhooks SET url = 'https://crash.example/' WHERE id = :id"
        await tx.execute(text(url), {"id": broken})
    async with scene.running():
        found = await scene.tried(broken, await scene.send(broken), 1)
        assert (await scene.ended(hook, await scene.send(hook))).state == "delivered"
    assert found.next_at == scene.clock() + timedelta(seconds=5)
    assert "nobody foresaw" not in str(found.log)
    assert caplog.text.count("webhook.crashed") == 1


async def test_old_deliveries_are_forgotten(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.workers.webhooks.SWEEP_S", 0.01)
    hook = await scene.hook(receiver)
    async with scene.running():
        event = await scene.send(hook)
        await scene.ended(hook, event)
        scene.clock.turn(days=31)

        async def is_gone() -> bool:
            async with scene.database.snapshot() as tx:
                return await deliveries.find(tx, hook, event) is None

        await eventually(is_gone)
