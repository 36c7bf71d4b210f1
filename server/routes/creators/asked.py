"""What the requests of creators have in common: bounds, amounts, what is known of a fan.

A request is kept as it was made, so that its creator finds it again beside the answer.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, json

from agents.team import contexts
from server.domain.texts import HostId, Line
from server.protocol.commands import UserName

CHARACTERS = 10_000
"""Of one text: three pages, which leaves the smallest window room for an answer."""

HISTORY = 200
"""Earlier messages: more than the budget of a brief has room for."""

Word: TypeAlias = Line
"""One line, as it stands in one of a brief: another would be taken for a fact of its own."""

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=CHARACTERS, pattern=r"\S")]

Phrase: TypeAlias = Annotated[str, Meta(min_length=1, max_length=CHARACTERS)]
"""For a field that may be a list or an object as well: msgspec 0.22 frees the pattern of such a
union twice when the process ends, and takes it down."""

Whole: TypeAlias = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""What every program can hold that speaks JSON."""

FanId: TypeAlias = HostId
"""It is kept with the answer, and never told to a model."""

Amount: TypeAlias = (
    Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$(?!\n)")]
    | Annotated[int, Meta(ge=0, lt=10**9)]
    | Annotated[float, Meta(ge=0, lt=1e9)]
)
"""Dollars, as a decimal string or as a number. It is told as it was given: nothing is computed from
it, so a float does no harm here."""


class Request(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    """``creatorId`` and ``userId`` are taken where they name the caller."""

    creator_id: UserName | UnsetType = UNSET
    user_id: UserName | UnsetType = UNSET


class PurchaseHistory(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    """What a fan has bought."""

    total: Amount | None = None
    last_order_at: datetime | None = None
    average_order_value: Amount | None = None


class FanProfile(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    name: Word | None = None
    tier: Word | None = None
    lifetime_value: Amount | None = None


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One earlier message between fan and creator."""

    by: Literal["fan", "creator"]
    text: Text


History: TypeAlias = Annotated[tuple[Message, ...], Meta(max_length=HISTORY)]
"""The newest last."""


def kept(request: Request) -> dict[str, Any]:
    """``request`` in JSON values, without what was not said."""
    values: dict[str, Any] = json.decode(json.encode(request))  # lists, as JSON has them
    return values


def dollars(amount: Amount) -> str:
    """As a model is told it: ``25.50 USD``, digit for digit."""
    return f"{Decimal(str(amount)):f} USD"


def dollars_if_known(amount: Amount | None) -> str | None:
    return None if amount is None else dollars(amount)


def purchases(history: PurchaseHistory) -> contexts.Purchases:
    last = history.last_order_at
    return contexts.Purchases(
        total=dollars_if_known(history.total),
        last_order_at=last.date() if last else None,
        average_order_value=dollars_if_known(history.average_order_value),
    )


def fan(profile: FanProfile) -> contexts.Fan:
    return contexts.Fan(
        name=profile.name,
        tier=profile.tier,
        lifetime_value=dollars_if_known(profile.lifetime_value),
    )


def said(history: tuple[Message, ...]) -> tuple[contexts.Said, ...]:
    return tuple(contexts.Said(by=message.by, text=message.text) for message in history)


def by_fan(history: tuple[Message, ...]) -> tuple[str, ...]:
    return tuple(message.text for message in history if message.by == "fan")
