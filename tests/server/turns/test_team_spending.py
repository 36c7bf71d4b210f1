"""However members come, go, rise and spend: the books balance, an owner is always there, and nobody
bills a workspace that they are not in."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing.reconcile import check
from server.accounts import invitations as inviting
from server.accounts import membership
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.errors import Conflict, Forbidden, InsufficientCredits, NotFound
from server.domain.ids import WorkspaceId
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.persistence.workspaces import MemberRow
from server.turns.engine import Started
from tests.server.turns.scene import books_balance, count
from tests.support.teams import team
from tests.support.turns import Harness

REFUSALS = (Conflict, Forbidden, InsufficientCredits, NotFound)

people = st.integers(0, 3)
deeds = st.one_of(
    st.tuples(st.just("say"), people, st.sampled_from(["x", "[demo: fail] x", "[demo: slow] x"])),
    st.tuples(st.just("say"), people, st.just("x")),
    st.tuples(st.just("remove"), people, people),
    st.tuples(st.just("raise"), people, people),
    st.tuples(st.just("lower"), people, people),
    st.tuples(st.just("join"), people, people),
)


class Scene:
    """Four people around one workspace: an owner, a member, two strangers."""

    def __init__(
        self, turns: Harness, database: Database, everybody: list[Principal], workspace: WorkspaceId
    ) -> None:
        self.turns = turns
        self.database = database
        self.everybody = everybody
        self.workspace = workspace

    async def do(self, name: str, who: int, what: Any) -> Started | None:
        """Raises what the deed is refused with."""
        actor = self.everybody[who]
        if name == "say":
            return await self.turns.say(actor, what, workspace_id=self.workspace)
        other, place, now = self.everybody[what], self.workspace, utc_now()
        async with self.database.transaction() as tx:
            match name:
                case "remove":
                    await membership.remove(tx, actor, place, other.user_id, now)
                case "raise":
                    await membership.set_role(tx, actor, place, other.user_id, "owner", now)
                case "lower":
                    await membership.set_role(tx, actor, place, other.user_id, "member", now)
                case _:
                    made = await inviting.invite(
                        tx, actor, place, email="x@example.com", role="member", now=now
                    )
                    await inviting.accept(tx, other, made.secret, now)
        return None

    async def roles(self) -> dict[Any, str]:
        async with self.database.snapshot() as tx:
            rows = await tx.execute(
                select(MemberRow.user_id, MemberRow.role).filter_by(workspace_id=self.workspace)
            )
            return {row.user_id: row.role for row in rows}

    async def play(self, wanted: list[tuple[str, int, Any]]) -> None:
        """Do all of it at once, and look at what came of it."""
        before = await self.roles()
        tasks: list[Awaitable[Started | None]] = [self.do(*deed) for deed in wanted]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert "owner" in (await self.roles()).values()
        touched = {(name, whom) for name, _, whom in wanted}
        for (name, who, _), answer in zip(wanted, answers, strict=True):
            assert answer is None or isinstance(answer, (Started, *REFUSALS)), answer
            if name != "say":
                continue
            user = self.everybody[who].user_id
            if isinstance(answer, Started):
                assert user in before or ("join", who) in touched
                await self.finish(self.everybody[who], answer)
            elif user in before and ("remove", who) not in touched:
                assert isinstance(answer, InsufficientCredits)

    async def finish(self, caller: Principal, started: Started) -> None:
        await self.turns.engine.cancel(caller, started.event.turn_id)
        await self.turns.end(started.cursor)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(deeds, min_size=1, max_size=5), min_size=1, max_size=5), st.integers(0, 9))
async def test_books_balance_and_owners_stay_however_a_team_changes(
    turns: Harness,
    database: Database,
    rounds: list[list[tuple[str, int, Any]]],
    credits: int,
) -> None:
    everybody = [await turns.person(credits=0) for _ in range(4)]
    workspace = await team(database, *everybody[:2], credits=credits)
    scene = Scene(turns, database, everybody, workspace)
    for wanted in rounds:
        await scene.play(wanted)
    paid = TurnRow.account_id == workspace
    users = [caller.user_id for caller in everybody]
    assert await count(database, TurnRow, paid) == await count(
        database, TurnRow, TurnRow.user_id.in_(users)
    )
    await books_balance(database)
    assert await check(database) == []
