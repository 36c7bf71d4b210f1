"""Somebody to test with, in a real database."""

from datetime import UTC, datetime, timedelta

from server.accounts.access import UserRole
from server.accounts.provisioning import NewPerson, create_person
from server.domain.ids import UserId, WorkspaceId, new_id
from server.persistence.database import Database

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TurnedClock:
    """A clock that stands until the test turns it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


def person(email: str = "ada@example.com", **fields: object) -> NewPerson:
    values: dict[str, object] = {
        "user_id": UserId(new_id()),
        "workspace_id": WorkspaceId(new_id()),
        "email": email,
        "name": "Ada",
        "role": UserRole.USER,
        **fields,
    }
    return NewPerson(**values)  # type: ignore[arg-type]  # the fields are those of NewPerson


async def somebody(database: Database, email: str = "ada@example.com", **fields: object) -> UserId:
    made = person(email, **fields)
    async with database.transaction() as tx:
        await create_person(tx, made)
    return made.user_id
