"""How many sessions there may be, who hears what, and how they end."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from websockets.asyncio.client import connect

from server.domain.clock import utc_now
from server.domain.errors import Draining, TooManySessions, Unauthenticated
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.protocol.events import BalanceChanged, ServerDraining, ServerEvent
from server.protocol.figures import Balance
from server.sockets import hub as module
from server.sockets.hub import BATCH, Hub, HubLimits
from tests.server.sockets.scene import Talk, scene
from tests.support.eventually import eventually

NEWS = BalanceChanged(balance=Balance(credits="1", held="0", spendable="1"))


class Someone:
    """A member that keeps what it is told."""

    def __init__(self, user: UUID | None = None, address: str = "192.0.2.1") -> None:
        self.user_id, self.credential_id = user or new_id(), new_id()
        self.address = address
        self.is_idle = True
        self.heard: list[ServerEvent] = []
        self.ended: int | None = None
        self.looked_after = self.doubted = 0
        self.sponsor_id: UUID | None = None
        self.expires_at: datetime | None = None

    def tell(self, event: ServerEvent) -> None:
        self.heard.append(event)

    def end(self, code: int, reason: str) -> None:
        assert reason
        self.ended = code

    def look_after(self) -> None:
        self.looked_after += 1

    def doubt(self) -> None:
        self.doubted += 1


async def test_a_user_may_hold_so_many_sessions_and_no_more() -> None:
    hub, user = Hub(HubLimits(sessions_per_user=2)), new_id()
    with ExitStack() as stack:
        stack.enter_context(hub.joined(Someone(user)))
        with hub.joined(Someone(user)), pytest.raises(TooManySessions) as caught:
            stack.enter_context(hub.joined(Someone(user)))
        assert caught.value.close == 4429
        assert caught.value.metadata == {"scope": "user", "limit": 2, "remaining": 0}
        assert caught.value.retry_after
        stack.enter_context(hub.joined(Someone(user)))
        stack.enter_context(hub.joined(Someone()))
    assert len(hub) == 0
    assert (hub._by_user, hub._by_address) == ({}, {})


async def test_an_address_may_hold_so_many_sessions_and_no_more() -> None:
    hub = Hub(HubLimits(sessions_per_address=1))
    with hub.joined(Someone(address="192.0.2.1")):
        with pytest.raises(TooManySessions), hub.joined(Someone(address="192.0.2.1")):
            pass
        with hub.joined(Someone(address="192.0.2.2")):
            assert len(hub) == 2


async def test_the_number_of_sessions_is_told() -> None:
    counts: list[float] = []
    hub = Hub(HubLimits(), counted=counts.append)
    with hub.joined(Someone()), hub.joined(Someone()):
        pass
    assert counts == [1, 2, 1, 0]


async def test_news_of_a_user_reach_all_their_sessions_and_nobody_elses() -> None:
    hub, user = Hub(HubLimits()), new_id()
    mine, other = [Someone(user), Someone(user)], Someone()
    with hub.joined(mine[0]), hub.joined(mine[1]), hub.joined(other):
        hub.tell_user(user, NEWS)
    assert [someone.heard for someone in mine] == [[NEWS], [NEWS]]
    assert other.heard == []


async def test_a_revoked_credential_and_a_removed_user_end_their_sessions() -> None:
    hub, user = Hub(HubLimits()), new_id()
    one, two, other = Someone(user), Someone(user), Someone()
    with hub.joined(one), hub.joined(two), hub.joined(other):
        hub.end_credential(one.credential_id)
        assert (one.ended, two.ended) == (4401, None)
        hub.end_user(user)
    assert (two.ended, other.ended) == (4403, None)


async def test_who_loses_the_credential_between_the_door_and_the_hub_does_not_come_in() -> None:
    hub, late = Hub(HubLimits()), Someone()
    hub.end_credential(late.credential_id)
    with pytest.raises(Unauthenticated) as caught, hub.joined(late):
        pass
    assert caught.value.close == 4401
    with hub.joined(Someone(late.user_id)):
        assert len(hub) == 1


async def test_who_may_do_other_things_now_is_asked_again_also_on_the_way_in() -> None:
    hub, user = Hub(HubLimits()), new_id()
    one, two, other = Someone(user), Someone(user), Someone()
    with hub.joined(one), hub.joined(other):
        hub.doubt_user(user)
        with hub.joined(two):
            assert [member.doubted for member in (one, two, other)] == [1, 1, 0]
    late = Someone()
    hub.end_user(late.user_id)
    with hub.joined(late):
        assert late.doubted == 1


async def test_who_is_here_by_anothers_key_ends_and_is_heard_of_with_them() -> None:
    watched = list[UUID]()

    def watch(user: UUID) -> Callable[[], None]:
        watched.append(user)
        return lambda: watched.remove(user)

    hub, guest, other = Hub(HubLimits(), watch=watch), Someone(), Someone()
    guest.sponsor_id = sponsor = new_id()
    with hub.joined(guest), hub.joined(other):
        assert watched == [guest.user_id, sponsor, other.user_id]
        hub.doubt_user(sponsor)
        hub.end_user(sponsor)
        assert (guest.doubted, guest.ended, other.ended) == (1, 4403, None)
    assert watched == []
    assert (hub._by_user, hub._by_sponsor) == ({}, {})


async def test_a_session_ends_when_its_credential_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.05)
    hub, members = Hub(HubLimits()), [Someone() for _ in range(4)]
    # Gone already, before the first look, after several looks, and not in this test's time.
    for member, seconds in zip(members, (-1, 0.01, 0.2, 3_600), strict=True):
        member.expires_at = utc_now() + timedelta(seconds=seconds)
    with ExitStack() as stack:
        for member in members:
            stack.enter_context(hub.joined(member))
        await eventually(lambda: members[2].ended)
        assert [member.ended for member in members] == [4401, 4401, 4401, None]


async def test_draining_tells_everybody_and_opens_nothing_more() -> None:
    hub, someone = Hub(HubLimits()), Someone()
    with hub.joined(someone):
        hub.start_draining(24.6)
        assert someone.heard == [ServerDraining(grace_seconds=25)]
        with pytest.raises(Draining), hub.joined(Someone()):
            pass
        assert not await hub.empty(0.01)
        emptied = asyncio.create_task(hub.empty(5))
        await asyncio.sleep(0)
    assert await emptied
    assert await hub.empty(0)


async def test_idle_sessions_are_closed_first_and_in_batches() -> None:
    hub = Hub(HubLimits(sessions_per_address=10_000))
    members = [Someone() for _ in range(3 * BATCH)]
    members[0].is_idle = False
    with ExitStack() as stack:
        for member in members:
            stack.enter_context(hub.joined(member))
        closing = asyncio.create_task(hub.close_all(only_idle=True, within_s=0.2))
        await asyncio.sleep(0)
        assert sum(member.ended is not None for member in members) <= BATCH
        await closing
        assert [member.ended for member in members] == [None, *[1012] * (3 * BATCH - 1)]
        await hub.close_all()
        assert members[0].ended == 1012


async def test_one_session_too_many_is_told_4429_over_the_wire(migrated: EngineUrls) -> None:
    async with scene(migrated, sessions_per_user=1) as here:
        person = await here.person()
        headers = {"Authorization": f"Bearer {person.key}"}
        async with here.session(person) as first:
            async with connect(here.url, additional_headers=headers) as second:
                talk = Talk(second)
                assert await talk.closed() == 4429
                assert talk.heard[-1]["code"] == "too_many_sessions"
                assert talk.heard[-1]["retryAfter"] > 0
            assert (await first.ask("ping"))["type"] == "pong"
        await eventually(lambda: len(here.hub) == 0)
        async with here.session(person):
            pass


async def test_who_is_there_is_looked_after_and_who_has_left_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.sockets.hub.IDLE_S", 0.06)
    hub, gone, here = Hub(HubLimits()), Someone(), Someone()
    with hub.joined(gone):
        pass
    with hub.joined(here):
        await eventually(lambda: here.looked_after > 1)
    assert gone.looked_after == 0
