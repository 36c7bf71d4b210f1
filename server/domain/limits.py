"""Limits that users set themselves, below those of their plan."""

from msgspec import Struct

from server.domain.money import NanoUsd


class OwnLimits(Struct, frozen=True, kw_only=True, gc=False):
    """None: the plan's alone counts. Dollars a month, requests an hour, turns at once."""

    quota_usd: NanoUsd | None = None
    requests_per_hour: int | None = None
    running_turns: int | None = None


NO_OWN_LIMITS = OwnLimits()
