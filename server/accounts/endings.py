"""Telling every process at once that a credential has ended, or that its user may not be here any
more, or is somebody else to us now; who misses it asks again in time."""

from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from server.persistence.bell import Bell

Listener: TypeAlias = Callable[[UUID], None]
"""Called on the loop; must not block."""


class Ended(Struct, frozen=True, kw_only=True):
    """A credential of the user whose channel says so."""

    credential: UUID


class UserEnded(Struct, frozen=True, kw_only=True):
    """All credentials of the user whose channel says so."""


class UserChanged(Struct, frozen=True, kw_only=True):
    """The user whose channel says so has another role, plan or name."""


class Endings:
    """Whoever keeps something open on a credential's behalf listens here."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._of_credentials: list[Listener] = []
        self._of_users: list[Listener] = []
        self._of_changes: list[Listener] = []
        bell.listen(
            "credential.ended", Ended, lambda _, news: _tell(self._of_credentials, news.credential)
        )
        bell.listen("user.ended", UserEnded, lambda user, _: _tell(self._of_users, user))
        bell.listen("user.changed", UserChanged, lambda user, _: _tell(self._of_changes, user))

    def listen(self, credential_ended: Listener) -> None:
        self._of_credentials.append(credential_ended)

    def listen_for_users(self, *, ended: Listener, changed: Listener) -> None:
        self._of_users.append(ended)
        self._of_changes.append(changed)

    def tell(self, user: UUID, credential: UUID) -> None:
        """After the commit that ended it."""
        _tell(self._of_credentials, credential)
        self._bell.tell_user(user, "credential.ended", Ended(credential=credential))

    def tell_user_ended(self, user: UUID) -> None:
        """After the commit that suspended the user, deleted them or began to."""
        _tell(self._of_users, user)
        self._bell.tell_user(user, "user.ended", UserEnded())

    def tell_user_changed(self, user: UUID) -> None:
        """After the commit: what is open on the user's behalf asks again what they may do."""
        _tell(self._of_changes, user)
        self._bell.tell_user(user, "user.changed", UserChanged())


def _tell(listeners: list[Listener], whom: UUID) -> None:
    for listener in listeners:
        listener(whom)
