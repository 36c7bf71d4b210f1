"""A new person: a user, a workspace, a membership, or nothing."""

import asyncio

import pytest
from sqlalchemy import func, select

from server.accounts.provisioning import clean_name, create_person, shown_name
from server.domain.errors import Conflict, Invalid
from server.persistence.database import Database
from server.persistence.users import UserRow
from server.persistence.workspaces import MemberRow, WorkspaceRow
from tests.server.accounts.people import person, somebody


async def test_everybody_owns_a_workspace_of_their_own(database: Database) -> None:
    user = await somebody(database)
    async with database.snapshot() as tx:
        (member,) = (await tx.execute(select(MemberRow.__table__))).all()
        (workspace,) = (await tx.execute(select(WorkspaceRow.__table__))).all()
        chosen = await tx.scalar(select(UserRow.workspace_id))
    assert (member.user_id, member.role) == (user, "owner")
    assert member.workspace_id == workspace.id == chosen
    assert workspace.personal is True


async def test_of_many_with_one_address_one_is_made_and_nothing_of_the_others(
    database: Database,
) -> None:
    async def make(email: str) -> None:
        async with database.transaction() as tx:
            await create_person(tx, person(email))

    emails = ["ada@example.com", "ADA@example.com"] * 3
    answers = await asyncio.gather(*map(make, emails), return_exceptions=True)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 5
    async with database.snapshot() as tx:
        for row in (UserRow, WorkspaceRow, MemberRow):
            assert await tx.scalar(select(func.count()).select_from(row)) == 1


async def test_a_taken_address_names_its_field(database: Database) -> None:
    await somebody(database)
    with pytest.raises(Conflict) as refused:
        await somebody(database)
    assert refused.value.path == "$.email"


def test_a_name_is_one_line_without_control_characters() -> None:
    assert clean_name("  Ada \n Lovelace\t") == "Ada Lovelace"
    assert clean_name("\u0646\u06cc\u200c\u0645\u0627") == "\u0646\u06cc\u200c\u0645\u0627"
    for text in ("\x1b[2J", "Ada\x07", "\x9b", "Ada \u202enimda", "\u2066Ada"):
        with pytest.raises(Invalid):
            clean_name(text)


def test_what_is_told_from_others_by_its_name_has_one_that_is_seen() -> None:
    assert shown_name(" Team ") == "Team"
    for text in ("", " \n", "\x1b[2J"):
        with pytest.raises(Invalid) as refused:
            shown_name(text)
        assert refused.value.path == "$.name"
