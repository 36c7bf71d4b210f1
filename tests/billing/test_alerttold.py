"""Who was told of an incident, and what went where."""

from datetime import timedelta

from sqlalchemy import text

from billing import alerts, alerttold
from server.domain.ids import UserId
from server.domain.notices import Notice
from server.persistence.database import Database
from tests.billing.incidents import make_admin, make_alert
from tests.billing.support import NOON
from tests.server.persistence.test_notices import hook


async def test_each_telling_counts_admins_and_names_hosts(database: Database) -> None:
    ann, bob = await make_admin(database), await make_admin(database)
    await hook(database, ann, Notice.ALERT_OPENED, Notice.ALERT_UPDATED)
    id_ = await make_alert(database)
    async with database.transaction() as tx:
        opened = await alerts.find_alert(tx, id_)
        assert opened is not None
        await alerts.tell(tx, opened, Notice.ALERT_OPENED, NOON)
    async with database.transaction() as tx:
        await alerts.acknowledge(tx, id_, UserId(bob), NOON + timedelta(minutes=1))
    await make_alert(database, scope_key="another")
    async with database.snapshot() as tx:
        told, sent = await alerttold.of(tx, id_, 2)
        host = await tx.scalar(text("SELECT host FROM webhooks"))
    assert [(one.version, one.event, one.admins) for one in told] == [
        (2, "alert.updated", 2),
        (1, "alert.opened", 2),
    ]
    assert [(one.version, one.host, one.state, one.attempts) for one in sent] == [
        (2, host, "waiting", 0),
        (1, host, "waiting", 0),
    ]


async def test_of_what_nobody_was_told_there_is_nothing(database: Database) -> None:
    id_ = await make_alert(database)
    async with database.snapshot() as tx:
        assert await alerttold.of(tx, id_, 1) == ([], [])
