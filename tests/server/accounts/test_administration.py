"""Who may be made what, and that somebody is always left who administers."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from server.accounts.access import UserRole
from server.accounts.administration import Change, Changed, change_user, spare_last_admin
from server.accounts.endings import Endings
from server.domain.errors import AppError, Conflict, Forbidden, NotFound
from server.domain.ids import new_id
from server.persistence import people
from server.persistence.database import Database
from tests.server.accounts.people import START, somebody
from tests.server.persistence.test_people import hosted
from tests.support.bells import still_bell

USER, ADMIN = UserRole.USER, UserRole.ADMIN


async def change(
    database: Database, user: UUID, actor: UUID | None = None, **wanted: Any
) -> Changed:
    return await database.run(
        lambda tx: change_user(tx, user, Change(**wanted), actor=actor, now=START)
    )


async def admins(database: Database) -> frozenset[UUID]:
    async with database.transaction() as tx:
        return await people.lock_admins(tx)


async def test_what_is_changed_is_told_step_by_step_and_what_is_not_is_not(
    database: Database,
) -> None:
    admin = await somebody(database, "admin@example.com", role=ADMIN)
    ada = await somebody(database, plan="starter")
    changed = await change(
        database, ada, admin, name="Ada L", role=ADMIN, plan="pro", suspended=True
    )
    person = changed.person
    assert (person.name, person.role, person.ai_plan) == ("Ada L", "admin", "pro")
    assert person.suspended_at == START
    assert [(step.action, step.before, step.after) for step in changed.steps] == [
        ("user.name", None, None),
        ("user.role", {"role": "user"}, {"role": "admin"}),
        ("user.plan", {"plan": "starter"}, {"plan": "pro"}),
        ("user.suspend", {"suspended": False}, {"suspended": True}),
    ]
    again = await change(database, ada, admin, name="Ada L", role=ADMIN, plan="pro", suspended=True)
    assert again == Changed(before=person, person=person, steps=())
    resumed = await change(database, ada, admin, suspended=False, plan=None)
    assert (resumed.person.suspended_at, resumed.person.ai_plan) == (None, None)
    assert [step.action for step in resumed.steps] == ["user.plan", "user.resume"]


@pytest.mark.parametrize("wanted", [{"role": USER}, {"suspended": True}])
async def test_the_last_admin_stays_one(database: Database, wanted: dict[str, Any]) -> None:
    admin = await somebody(database, "admin@example.com", role=ADMIN)
    for actor in (admin, None):
        with pytest.raises(Conflict, match="last admin"):
            await change(database, admin, actor, **wanted)
    with pytest.raises(Conflict, match="last admin"):
        await database.run(lambda tx: spare_last_admin(tx, admin))
    second = await somebody(database, "second@example.com", role=ADMIN)
    await database.run(lambda tx: spare_last_admin(tx, admin))
    await change(database, admin, second, **wanted)
    assert await admins(database) == {second}


@pytest.mark.parametrize("wanted", [{"role": USER}, {"suspended": True}])
async def test_of_two_admins_who_turn_each_other_out_one_is_left(
    database: Database, wanted: dict[str, Any]
) -> None:
    one = await somebody(database, "one@example.com", role=ADMIN)
    two = await somebody(database, "two@example.com", role=ADMIN)
    for pairs, refusal in (
        (((one, two), (two, one)), Forbidden),  # whoever comes second is no admin any more
        (((one, one), (two, two)), Conflict),
        (((one, None), (two, None)), Conflict),
    ):
        attempts = await asyncio.gather(
            *(change(database, user, actor, **wanted) for user, actor in pairs),
            return_exceptions=True,
        )
        refused = [attempt for attempt in attempts if isinstance(attempt, AppError)]
        assert [type(error) for error in refused] == [refusal], attempts
        assert len(await admins(database)) == 1
        for user in (one, two):
            await change(database, user, role=ADMIN, suspended=False)


async def test_a_host_applications_user_is_never_made_an_admin(database: Database) -> None:
    admin = await somebody(database, "admin@example.com", role=ADMIN)
    user = await hosted(database, "42", "https://host.example")
    with pytest.raises(Conflict) as refused:
        await change(database, user, admin, role=ADMIN)
    assert refused.value.path == "$.role"
    assert (await change(database, user, admin, plan="pro")).person.ai_plan == "pro"


async def test_who_is_not_there_cannot_be_changed_nor_change_anything(database: Database) -> None:
    admin = await somebody(database, "admin@example.com", role=ADMIN)
    user = await somebody(database)
    with pytest.raises(NotFound):
        await change(database, new_id(), admin, name="Nobody")
    with pytest.raises(Forbidden):
        await change(database, admin, user, name="Overthrown")


async def test_what_is_open_is_told_as_much_as_it_must_know(database: Database) -> None:
    endings, changed, ended = Endings(still_bell()), list[UUID](), list[UUID]()
    endings.listen_for_users(ended=ended.append, changed=changed.append)
    user = await somebody(database)
    (await change(database, user, plan="pro")).tell(endings)
    assert (changed, ended) == ([user], [])
    (await change(database, user, suspended=True, name="A")).tell(endings)
    assert (changed, ended) == ([user], [user])
    (await change(database, user, suspended=True)).tell(endings)
    assert (changed, ended) == ([user], [user])
