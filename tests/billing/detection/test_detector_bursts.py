"""Bursts of requests in rounds against real tables: who is told, and who is paused."""

from datetime import timedelta

from sqlalchemy import text

from server.persistence.database import Database
from tests.billing.detection.scene import AFTERNOON, Scene
from tests.billing.incidents import make_admin, told


async def test_a_burst_of_requests_opens_an_incident_and_pauses_for_a_while(
    database: Database,
) -> None:
    scene = Scene(database, burst_block_minutes=15)
    ann = await scene.creator()
    for days in range(1, 16):  # one request a day's noon: no habit of bursts
        scene.now = AFTERNOON - timedelta(days=days)
        await scene.bill(scene.calls(ann, 2))
    scene.now = AFTERNOON
    await scene.turns(ann, 30)
    (alert,) = await scene.look()
    assert (alert.kind, alert.scope) == ("request_burst", f"creator {ann}")
    assert alert.observed == "30 requests/5 min"
    assert alert.usual == "2 requests/5 min"
    assert (
        "sent 30 requests in five minutes, since 14:01 UTC, 15.0 times the 2" in alert.explanation
    )
    assert alert.explanation.endswith("are refused until 14:17 UTC.")
    async with database.snapshot() as tx:
        pause = (await tx.execute(text("SELECT * FROM pauses"))).one()
    assert (pause.scope_kind, pause.scope_key, pause.alert_id) == ("creator", str(ann), alert.id)
    assert pause.ends_at == scene.now + timedelta(minutes=15)


async def test_a_burst_pauses_nobody_unless_that_is_asked_for(database: Database) -> None:
    scene = Scene(database)
    ann = await scene.creator()
    await scene.turns(ann, 99)
    assert await scene.look() == []  # somebody new, and below what is too much for anybody
    await scene.turns(ann, 1)
    (alert,) = await scene.look()
    assert alert.usual == "0 requests/5 min"
    async with database.snapshot() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM pauses")) == 0


async def test_a_feature_that_all_use_more_is_one_incident_and_no_bursts(
    database: Database,
) -> None:
    scene = Scene(database, burst_block_minutes=15)
    creators = [await scene.creator() for _ in range(4)]
    for creator in creators:
        await scene.past(creator, 60)
        for days in range(1, 16):  # a few requests in five minutes are usual
            scene.now = AFTERNOON - timedelta(days=days)
            await scene.bill(scene.calls(creator, 5))
        scene.now = AFTERNOON
        await scene.bill(scene.calls(creator, 60, seconds=3_600))
    for creator in creators:
        await scene.bill(scene.calls(creator, 16))
        await scene.turns(creator, 40)
    (alert,) = await scene.look()
    assert (alert.kind, alert.scope) == ("cost_spike", "feature chat")
    assert alert.evidence["callTimes"] > 10
    await scene.turns(creators[0], 400)
    _, burst = await scene.look()
    assert (burst.kind, burst.scope) == ("request_burst", f"creator {creators[0]}")


async def test_a_pause_that_ends_by_itself_is_told_with_its_incident(database: Database) -> None:
    scene = Scene(database, burst_block_minutes=15)
    admin, ann = await make_admin(database), await scene.creator()
    for _ in range(4):
        await scene.turns(ann, 130)
        (paused,) = await scene.look()
        scene.now += timedelta(seconds=290)
    assert (paused.state, paused.version) == ("open", 1)
    await scene.turns(ann, 130)
    (over,) = await scene.look()
    assert (over.state, over.version) == ("open", 2)
    async with database.snapshot() as tx:
        pause = (await tx.execute(text("SELECT ends_at, lifted_at, lifted_by FROM pauses"))).one()
    assert (pause.lifted_at, pause.lifted_by) == (pause.ends_at, None)
    last = (await told(database, admin))[-1]
    assert (last[0], last[2]["paused"]) == ("alert.updated", False)
