"""Bounds and amounts, and what of a request is kept and told."""

from datetime import date
from typing import Any

import msgspec
import pytest

from agents.team import contexts
from server.protocol.codec import decode_body
from server.routes.creators.asked import (
    Amount,
    FanId,
    FanProfile,
    Message,
    PurchaseHistory,
    Request,
    by_fan,
    dollars,
    dollars_if_known,
    fan,
    kept,
    purchases,
    said,
)
from tests.server.routes.creators.refusing import refused


class Asked(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    fan_id: FanId
    price: Amount | None = None


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("25.50", "25.50 USD"),
        ("25", "25 USD"),
        (25, "25 USD"),
        (25.5, "25.5 USD"),
        (0.1, "0.1 USD"),
        (0, "0 USD"),
        (1e-7, "0.0000001 USD"),
        (999_999_999, "999999999 USD"),
    ],
)
def test_an_amount_is_told_as_it_was_given(sent: Any, told: str) -> None:
    body = decode_body(msgspec.json.encode({"fanId": "f", "price": sent}), Asked)
    assert body.price is not None
    assert dollars(body.price) == told
    assert dollars_if_known(body.price) == told


@pytest.mark.parametrize("sent", [-1, -0.5, "-1", "1e3", "", "1,5", "$5", "NaN", 1e9, True, [1]])
def test_what_is_no_amount_is_refused_by_its_field(sent: Any) -> None:
    assert refused(Asked, {"fanId": "f", "price": sent}) == "$.price"


@pytest.mark.parametrize("sent", ["", "two\nlines", "x" * 256, None, 1.5, 2**53 + 1])
def test_a_fan_has_a_name_or_a_number(sent: Any) -> None:
    assert decode_body(b'{"fanId": 17}', Asked).fan_id == 17
    assert refused(Asked, {"fanId": sent}) == "$.fanId"


def test_a_request_is_kept_as_it_was_made_without_what_was_not_said() -> None:
    sent = {"fanId": 17, "price": "25.50", "creatorId": "c"}
    assert kept(decode_body(msgspec.json.encode(sent), Asked)) == sent
    assert kept(Asked(fan_id="f")) == {"fanId": "f"}


def test_what_a_fan_has_bought_is_told_in_dollars_and_days() -> None:
    history = msgspec.convert(
        {"total": 120, "lastOrderAt": "2026-11-02T23:30:00-05:00", "averageOrderValue": "24"},
        PurchaseHistory,
    )
    assert purchases(history) == contexts.Purchases(
        total="120 USD", last_order_at=date(2026, 11, 2), average_order_value="24 USD"
    )
    assert purchases(PurchaseHistory()) == contexts.Purchases()


def test_a_fan_is_told_by_what_is_known() -> None:
    profile = FanProfile(name="Luc", tier="gold", lifetime_value=310.5)
    assert fan(profile) == contexts.Fan(name="Luc", tier="gold", lifetime_value="310.5 USD")
    assert fan(FanProfile()) == contexts.Fan()


def test_the_fan_s_own_words_are_told_apart() -> None:
    history = (
        Message(by="fan", text="Salut"),
        Message(by="creator", text="Hi"),
        Message(by="fan", text="Ça va ?"),
    )
    assert by_fan(history) == ("Salut", "Ça va ?")
    assert [one.by for one in said(history)] == ["fan", "creator", "fan"]
    assert [one.text for one in said(history)] == ["Salut", "Hi", "Ça va ?"]
