"""What no route makes as the walk needs it: rows that are put in the database."""

from datetime import timedelta
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import insert, text

from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.notices import WEBHOOK_TEST, Notice
from server.persistence import deliveries, webhooks
from server.persistence.exports import ExportRow, ExportState
from server.persistence.notices import announce
from server.protocol.notices import EXAMPLES
from server.routes.services import Services
from server.webhooks import signing


async def export(services: Services, owner: UUID) -> str:
    """Of days ago, which could not be made: one a day is made, and one at a time."""
    made, now = new_id(), utc_now()
    async with services.database.transaction() as tx:
        await tx.execute(
            insert(ExportRow).values(
                id=made,
                user_id=owner,
                state=ExportState.FAILED,
                created_at=now - timedelta(days=2),
                expires_at=now + timedelta(days=1),
            )
        )
    return str(made)


async def notification(services: Services, owner: UUID) -> str:
    made = new_id()
    async with services.database.transaction() as tx:
        await announce(
            tx,
            owner,
            Notice.PLAN_CHANGED,
            to_builtins(EXAMPLES[Notice.PLAN_CHANGED]),
            id=made,
            key=str(made),
            now=utc_now(),
        )
    return str(made)


async def hook(services: Services, owner: UUID) -> str:
    """It leads where nobody is called."""
    made, sealer = new_id(), services.accounts.sealer
    async with services.database.transaction() as tx:
        await webhooks.add(
            tx,
            made,
            owner,
            url="https://127.0.0.1/",
            host="127.0.0.1",
            description="",
            events=["webhook.disabled"],
            secret=sealer.seal(b"whsec_", purpose=signing.PURPOSE, row=made),
            most=10_000,
        )
    return str(made)


async def delivery(services: Services, to: UUID) -> str:
    made = new_id()
    async with services.database.transaction() as tx:
        await deliveries.add(tx, to, made, WEBHOOK_TEST, "{}", utc_now())
    return str(made)


async def month(services: Services) -> str:
    """A closed one, in which nothing was charged."""
    async with services.database.transaction() as tx:
        await tx.execute(
            text("INSERT INTO closed_months (month) VALUES ('2020-01-01') ON CONFLICT DO NOTHING")
        )
    return "2020-01"
