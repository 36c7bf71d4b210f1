"""What decides how much a user may use: the plan that holds, and limits of their own below it."""

from uuid import UUID

from msgspec import Struct, convert

from server.domain.limits import NO_OWN_LIMITS, OwnLimits
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared
from server.persistence.subscriptions import PLAN


class Entitled(Struct, frozen=True, kw_only=True):
    """``plan``: what an admin chose, else that of the active subscription; None: neither."""

    plan: str | None
    own_quota_usd: int | None = None
    own_requests_per_hour: int | None = None
    own_running_turns: int | None = None

    @property
    def own_limits(self) -> OwnLimits:
        own = (self.own_quota_usd, self.own_requests_per_hour, self.own_running_turns)
        if own == (None, None, None):
            return NO_OWN_LIMITS
        return OwnLimits(
            quota_usd=None if self.own_quota_usd is None else NanoUsd(self.own_quota_usd),
            requests_per_hour=self.own_requests_per_hour,
            running_turns=self.own_running_turns,
        )


ENTITLED = f"""{PLAN} AS plan, users.own_quota_usd, users.own_requests_per_hour,
  users.own_running_turns"""
"""The columns of ``Entitled``: SQL over ``users``."""

_FIND = Prepared(
    f"SELECT {ENTITLED} FROM users WHERE id = :user AND deleted_at IS NULL"  # noqa: S608 - ours
)

_SET_OWN = Prepared("""
UPDATE users SET own_quota_usd = CAST(:quota AS bigint),
  own_requests_per_hour = CAST(:requests AS bigint), own_running_turns = CAST(:turns AS bigint)
WHERE id = :user
""")


async def find(tx: Tx | Snapshot, user: UUID) -> Entitled:
    """As of now; of nobody: no plan, and no limits."""
    row = await _FIND.row(tx, user=user)
    return Entitled(plan=None) if row is None else convert(dict(row), Entitled)


async def set_own_limits(tx: Tx, user: UUID, own: OwnLimits) -> None:
    await _SET_OWN.run(
        tx,
        user=user,
        quota=own.quota_usd,
        requests=own.requests_per_hour,
        turns=own.running_turns,
    )
