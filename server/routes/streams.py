"""Answers that are streamed: each ends when its caller's credential does, in whichever process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from server.accounts.access import Principal
from server.accounts.endings import Endings


class Streams:
    """One a process. ``watch`` is told of whom news is wanted, and answers what to call when that
    is over; as the hub does for sessions."""

    def __init__(self, endings: Endings, watch: Callable[[UUID], Callable[[], None]]) -> None:
        self._watch = watch
        self._open: dict[object, tuple[Principal, Callable[[], None]]] = {}
        endings.listen(self._end_credential)
        # What somebody may read of their own turns depends on no role.
        endings.listen_for_users(ended=self._end_user, changed=lambda _: None)

    @contextmanager
    def opened(self, caller: Principal, end: Callable[[], None]) -> Iterator[None]:
        """As long as the block lasts, ``end`` is called when ``caller`` loses access."""
        stream = object()
        self._open[stream] = (caller, end)
        unwatch = [self._watch(one) for one in _people(caller)]
        try:
            yield
        finally:
            del self._open[stream]
            for stop in unwatch:
                stop()

    def _end_credential(self, credential: UUID) -> None:
        for caller, end in list(self._open.values()):
            if caller.credential_id == credential:
                end()

    def _end_user(self, user: UUID) -> None:
        for caller, end in list(self._open.values()):
            if user in _people(caller):
                end()


def _people(caller: Principal) -> tuple[UUID, ...]:
    """Whose end is the caller's: its own, and that of whoever answers for it."""
    return (caller.user_id,) if caller.sponsor_id is None else (caller.user_id, caller.sponsor_id)
