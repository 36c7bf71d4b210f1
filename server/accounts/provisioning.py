"""Making a user: the person, their workspace, their membership. Credits come from one layer up
(``server.turns.onboarding``), since accounts know nothing of money."""

import unicodedata
from typing import Final

from msgspec import Struct

from server.accounts.access import UserRole
from server.domain.errors import Conflict, Invalid
from server.domain.ids import UserId, WorkspaceId
from server.persistence import users, workspaces
from server.persistence.database import Tx
from server.persistence.users import NewUser

NAME_MAX = 100


_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of characters that no name has: controls, halves of a character, ends of a line."""

_TURNING: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Bidirectional classes of those that turn around what stands beside them (UAX #9): a name with one
could make the rest of its line read as something else. Right-to-left names need none."""


def is_hidden(character: str) -> bool:
    """Whether nobody sees it in a name, but what it does."""
    return (
        unicodedata.category(character) in _UNSEEN
        or unicodedata.bidirectional(character) in _TURNING
    )


def clean_name(text: str) -> str:
    """What somebody calls themselves, on one line; lists of users are shown on terminals too.

    Raises:
        Invalid: it has characters that are not seen.
    """
    name = " ".join(text.split())
    if any(is_hidden(character) for character in name):
        raise Invalid("A name may not contain control characters.", path="$.name")
    return name


def shown_name(text: str) -> str:
    """A name by which something is told from others.

    Raises:
        Invalid: as ``clean_name``, or nothing is left of it.
    """
    name = clean_name(text)
    if not name:
        raise Invalid("A name has something to see.", path="$.name")
    return name


class NewPerson(Struct, frozen=True, kw_only=True):
    """``email`` is normalised already (``emails.normalise``), the password hashed or absent;
    both ids come from outside, so that a repeated transaction makes the same user."""

    user_id: UserId
    workspace_id: WorkspaceId
    email: str
    name: str
    role: UserRole = UserRole.USER
    plan: str | None = None
    password_hash: str | None = None


async def create_person(tx: Tx, person: NewPerson) -> None:
    """Insert the user with a personal workspace of their own.

    Raises:
        Conflict: the e-mail address belongs to somebody.
    """
    inserted = await users.insert_user(
        tx,
        NewUser(
            id=person.user_id,
            email=person.email,
            name=person.name,
            role=person.role.value,
            password_hash=person.password_hash,
            ai_plan=person.plan,
            workspace_id=person.workspace_id,
        ),
    )
    if not inserted:
        raise Conflict("Somebody has that e-mail address already.", path="$.email")
    await workspaces.insert_workspace(tx, person.workspace_id, person.name, personal=True)
    await workspaces.insert_member(tx, person.workspace_id, person.user_id, "owner")
