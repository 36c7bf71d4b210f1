"""Rate limits are enforced, per plan and over time, in any order of requests, on a real Valkey."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import Struct

from billing.plans import PlanName, make_plans
from billing.ratelimit import Limiter, Remaining, Window
from server.domain.errors import RateLimited
from server.domain.ids import new_id
from server.domain.money import NanoUsd
from server.local.engines import EngineUrls
from server.persistence.redis import open_redis, rate_key

Result = TypeVar("Result")

HOUR_S, STEP_S = 3_600, 700
"""Time passes in steps of which no number makes an hour: however slow the machine, it is clear what
has left a window."""

TOLERANCE_S = 60

PLANS = make_plans(
    rate_starter_per_hour=2,
    rate_pro_per_hour=3,
    rate_business_per_hour=6,
    running_turns_starter=1,
    running_turns_pro=1,
    running_turns_business=1,
    quota_starter_usd=None,
    quota_pro_usd=None,
    quota_business_usd=None,
    agent_cap_usd=NanoUsd(1),
)
TOGETHER = 7
"""Of the workspace that both users are in."""

users = st.sampled_from(["ada", "bob"])
members = st.sampled_from("abcdefghijklmnopqrst")


class Log(Struct):
    """What one window holds, in the simplest words: who came when."""

    entries: dict[str, int]

    def prune(self, now: int) -> None:
        self.entries = {m: at for m, at in self.entries.items() if at > now - HOUR_S}

    def makes_room_at(self, limit: int) -> int:
        """When there is room for one more than there is now, if there is none."""
        return sorted(self.entries.values())[len(self.entries) - limit] + HOUR_S


class RateMachine(RuleBasedStateMachine):
    """Two users of one workspace ask, ask again, take back, change plans and wait."""

    url: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.redis = open_redis(self.url)
        self.limiter = Limiter(self.redis)
        self.run = str(new_id())
        self.now = 0
        self.logs = {name: Log({}) for name in ("ada", "bob", "both")}
        self.plans: dict[str, PlanName] = {}

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def window(self, user: str) -> Window:
        limit = PLANS.of(self.plans[user]).requests_per_hour
        return Window(scope="user", name=f"{self.run}{user}", limit=limit, seconds=HOUR_S)

    def windows(self, user: str) -> list[Window]:
        name = f"{self.run}both"
        together = Window(scope="workspace", name=name, limit=TOGETHER, seconds=HOUR_S)
        return [self.window(user), together]

    @initialize(ada=st.sampled_from(PlanName), bob=st.sampled_from(PlanName))
    def begin(self, ada: PlanName, bob: PlanName) -> None:
        self.plans = {"ada": ada, "bob": bob}

    @rule(user=users, plan=st.sampled_from(PlanName))
    def change_plan(self, user: str, plan: PlanName) -> None:
        self.plans[user] = plan

    @rule(steps=st.sampled_from([1, 1, 2, 6]))
    def wait(self, steps: int) -> None:
        self._pass(steps)

    def _pass(self, steps: int) -> None:
        self.now += steps * STEP_S
        self.do(self._age(steps * STEP_S))

    async def _age(self, seconds: int) -> None:
        """The server's clock cannot be turned: what it has written down is."""
        for key in self.keys():
            for member in cast("list[bytes]", await self.redis.zrange(key, 0, -1)):
                await self.redis.zincrby(key, -seconds * 1e6, member)

    @rule(user=users, asked=st.lists(members, min_size=1, max_size=3))
    def ask(self, user: str, asked: list[str]) -> None:
        for member in asked:
            self._request(user, f"{user}{member}")

    @rule(user=users, asked=st.lists(members, min_size=2, max_size=4, unique=True))
    def drip(self, user: str, asked: list[str]) -> None:
        """One after the other: what fills the window leaves it one by one."""
        for member in asked:
            self._request(user, f"{user}{member}")
            self._pass(1)

    @rule(user=users, member=members)
    def be_refused_later(self, user: str, member: str) -> None:
        """A request that takes its place and then cannot be paid."""
        name = f"{user}{member}"
        before = [dict(self.logs[log].entries) for log in (user, "both")]
        taken = self._request(user, name)
        if taken is not None:
            self.do(self.limiter.withdraw(name, self.windows(user), taken=taken))
            for log, entries in zip((user, "both"), before, strict=True):
                self.logs[log].entries = entries

    def _request(self, user: str, member: str) -> list[Remaining] | None:
        windows, logs = self.windows(user), [self.logs[user], self.logs["both"]]
        for log in logs:
            log.prune(self.now)
        full = [
            (window, log)
            for window, log in zip(windows, logs, strict=True)
            if member not in log.entries and len(log.entries) >= window.limit
        ]
        if full:
            window, log = full[0]
            with pytest.raises(RateLimited) as refused:
                self.do(self.limiter.admit(member=member, windows=windows))
            figures = refused.value.metadata
            assert (figures["scope"], figures["limit"]) == (window.scope, window.limit)
            wait = log.makes_room_at(window.limit) - self.now
            assert abs((refused.value.retry_after or 0) - wait) < TOLERANCE_S
            told = datetime.fromisoformat(figures["resetsAt"]) - datetime.now(UTC)
            assert abs(told.total_seconds() - wait) < TOLERANCE_S
            return None
        taken = self.do(self.limiter.admit(member=member, windows=windows))
        for log in logs:
            log.entries.setdefault(member, self.now)
        assert [one.remaining for one in taken] == [
            max(0, window.limit - len(log.entries))
            for window, log in zip(windows, logs, strict=True)
        ]
        return taken

    @invariant()
    def a_peek_says_what_the_model_says(self) -> None:
        for user in self.plans:
            log, window = self.logs[user], self.window(user)
            log.prune(self.now)
            (stood,) = self.do(self.limiter.peek([window])) or []
            assert stood.remaining == max(0, window.limit - len(log.entries))

    def teardown(self) -> None:
        self.do(self._leave())
        self.runner.close()

    async def _leave(self) -> None:
        await self.redis.delete(*self.keys())
        await self.redis.aclose()

    def keys(self) -> list[str]:
        return [
            rate_key(scope, f"{self.run}{name}")
            for name, scope in (("ada", "user"), ("bob", "user"), ("both", "workspace"))
        ]


def test_limits_hold_under_any_order_of_requests(engines: EngineUrls) -> None:
    RateMachine.url = engines.redis_url
    case = RateMachine.TestCase
    case.settings = settings(
        max_examples=40,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
