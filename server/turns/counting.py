"""Rate limits of a turn: those that are known to begin with are asked in one round trip."""

from collections.abc import Sequence

from msgspec import Struct

from billing.plans import Plans
from billing.ratelimit import Limiter, Remaining, Slots, Window
from billing.windows import Told, given_back, untold
from server.accounts.access import Principal
from server.accounts.addresses import network_of
from server.domain.errors import AppError
from server.domain.ids import UserId
from server.persistence.turns import NewTurn
from server.turns.payers import Payer

HOUR_S = 3600

UNCOUNTED = ("title", "summary")
"""Features of turns that nobody asked for: no limit counts them, and they take no slot (T10)."""


class AdmissionLimits(Struct, frozen=True, kw_only=True):
    """Requests an hour of a workspace and of an address, and how long a hold or a slot may last:
    longer than any turn, so that only what a crash left behind ever expires."""

    workspace_per_hour: int
    address_per_hour: int
    hold_s: float


class Counted:
    """What a request has taken of its limits. ``told`` hears how they stand."""

    def __init__(self, member: str, told: Told) -> None:
        self.member = member
        self.told = told
        self.taken: list[tuple[list[Window], Slots | None, list[Remaining]]] = []

    def has(self, window: Window) -> bool:
        return any(window in windows for windows, _, _ in self.taken)


class Counting:
    def __init__(self, limiter: Limiter, plans: Plans, limits: AdmissionLimits) -> None:
        self._limiter = limiter
        self._plans = plans
        self._limits = limits

    async def count(
        self,
        caller: Principal,
        payer: Payer,
        member: str,
        address: str,
        *,
        told: Told = untold,
        beside: Sequence[Window] = (),
    ) -> Counted:
        """Take one of each limit, and a slot; or nothing. ``beside``: windows of the endpoint that
        is asked.

        Raises:
            RateLimited, TooManyTurns: with figures.
            ServiceUnavailable: Redis does not answer.
        """
        plan, counted = self._plans.of(caller.plan, caller.own_limits), Counted(member, told)
        windows = [
            *beside,
            self._hour(caller),
            self._window(payer),
            Window(
                scope="address",
                name=network_of(address),
                limit=self._limits.address_per_hour,
                seconds=HOUR_S,
            ),
        ]
        slots = Slots(user_id=caller.user_id, limit=plan.running_turns, lease_s=self._limits.hold_s)
        await self._take(counted, windows, slots, told=told)
        return counted

    async def count_in(self, counted: Counted, payer: Payer) -> None:
        """Take one of its workspace's limit as well, where that was found only now: by the
        conversation that a turn goes on with. Raises as ``count``; all is given back then."""
        window, stood = self._window(payer), list[Remaining]()
        if counted.has(window):
            return
        try:
            await self._take(counted, [window], None, told=stood.extend)
        except AppError:
            await self.withdraw(counted)
            raise
        finally:
            counted.told(stood)  # at last, for two workspaces share a name, and this one decides

    async def withdraw(self, counted: Counted) -> None:
        """Give back what a refused request took; again, nothing."""
        while counted.taken:
            windows, slots, taken = counted.taken.pop(0)
            await self._limiter.withdraw(counted.member, windows, slots, taken=taken)
            counted.told(given_back(taken))

    async def free(self, turn: NewTurn) -> None:
        """Give back the slot of a turn that has ended, where it has one."""
        # Whoever says something may call it a title: it is counted all the same.
        if turn.client_message_id is not None or turn.feature not in UNCOUNTED:
            await self.free_slot(turn.user_id, str(turn.client_message_id or turn.id))

    async def free_slot(self, user: UserId, member: str) -> None:
        await self._limiter.free_slot(user, member)

    async def hour_of(self, caller: Principal) -> Remaining | None:
        """How the caller's hour stands; nothing is counted. None: Redis does not answer."""
        stood = await self._limiter.peek([self._hour(caller)])
        return None if stood is None else stood[0]

    async def _take(
        self, counted: Counted, windows: list[Window], slots: Slots | None, *, told: Told
    ) -> None:
        taken = await self._limiter.admit(
            member=counted.member, windows=windows, slots=slots, told=told
        )
        counted.taken.append((windows, slots, taken))

    def _hour(self, caller: Principal) -> Window:
        limit = self._plans.of(caller.plan, caller.own_limits).requests_per_hour
        return Window(scope="user", name=str(caller.user_id), limit=limit, seconds=HOUR_S)

    def _window(self, payer: Payer) -> Window:
        limit = min(
            self._limits.workspace_per_hour,
            payer.requests_per_hour or self._limits.workspace_per_hour,
        )
        name = str(payer.workspace_id)
        return Window(scope="workspace", name=name, limit=limit, seconds=HOUR_S)
