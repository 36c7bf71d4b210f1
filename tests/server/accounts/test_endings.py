"""Whoever listens hears of every ended credential."""

from uuid import UUID

from server.accounts.endings import Endings
from server.domain.ids import new_id


def test_all_listeners_hear_of_an_ending() -> None:
    endings, one, other = Endings(), list[UUID](), list[UUID]()
    endings.listen(one.append)
    endings.listen(other.append)
    ended = new_id()
    endings.tell(ended)
    assert one == other == [ended]
