"""Money as clients see it: amounts, balance, quota, receipts. Decimal strings, never numbers."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType


class Amount(Struct, frozen=True, kw_only=True, rename="camel"):
    """The same money twice: in credits, and those credits in dollars."""

    credits: str
    usd: str


class Balance(Struct, frozen=True, kw_only=True, rename="camel"):
    """What can still be spent: ``spendable`` is ``credits`` less what is ``held``."""

    credits: str
    held: str
    spendable: str


class Quota(Struct, frozen=True, kw_only=True, rename="camel"):
    """This UTC month's dollars; ``limitUsd`` null: no limit."""

    month: str
    limit_usd: str | None
    spent_usd: str
    held_usd: str
    resets_at: datetime


class UnitPrices(Struct, frozen=True, kw_only=True, rename="camel"):
    """Dollars per million tokens, as price lists print them. ``cacheWrite``: of input that a vendor
    writes into its cache, where it asks another price for that. Where a model is sold by them:
    dollars for one ``image``, per million times ``character``, for a ``second`` of audio."""

    input: str
    cached_input: str
    cache_write: str | UnsetType = UNSET
    output: str
    image: str | UnsetType = UNSET
    character: str | UnsetType = UNSET
    second: str | UnsetType = UNSET


class CallReceipt(Struct, frozen=True, kw_only=True, rename="camel"):
    """One provider call: what it used, what it cost, what was charged for it. ``cacheWriteTokens``:
    input that was written into the vendor's cache, where some was. ``images``, ``characters``,
    ``audioMs``: where such were made, spoken, or written down."""

    call_id: UUID
    agent: str
    feature: str
    provider: str
    model: str
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int | UnsetType = UNSET
    output_tokens: int
    reasoning_tokens: int
    images: int | UnsetType = UNSET
    characters: int | UnsetType = UNSET
    audio_ms: int | UnsetType = UNSET
    prices: UnitPrices
    cost_usd: str
    charged: str
    charged_usd: str
    usage_source: Literal["provider", "estimated"]
    outcome: Literal["ok", "failed", "cancelled"]


BranchStatus: TypeAlias = Literal["ok", "failed", "cancelled"]


class BranchReceipt(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one agent of a team did in a turn, and what that cost: the sum of its calls. One that
    failed (``error``: a code of the one table of errors) is charged nothing, unless money ran out
    and what it had said by then is in the answer. ``cancelled``: the turn was, before it came to
    its end. ``capUsd``: the most that one agent may be charged in one turn."""

    agent: str
    status: BranchStatus
    error: str | UnsetType = UNSET
    cost_usd: str
    charged: str
    charged_usd: str
    cap_usd: str


class Receipt(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a turn cost: ``held``, ``charged``, ``released`` are credits. ``branches``: where
    agents worked as a team, each of them, in the order in which they began."""

    held: str
    charged: str
    released: str
    cost_usd: str
    charged_usd: str
    calls: list[CallReceipt]
    branches: list[BranchReceipt] | UnsetType = UNSET
