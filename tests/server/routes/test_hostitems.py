"""What a host sends means what it says, or names the item and the field that is wrong."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Invalid
from server.domain.money import MAX_AMOUNT, NanoUsd, usd_text
from server.protocol.codec import decode_body, encode
from server.routes import hostitems
from server.routes.hostitems import (
    AccountItem,
    PutCampaigns,
    PutSubscriptions,
    StatsItem,
)

WHEN = datetime(2026, 3, 1, tzinfo=UTC)
EARLY = "0001-01-01T00:00:00+01:00"
"""Before the calendar, in UTC."""


def campaign(**fields: Any) -> dict[str, Any]:
    return {
        "externalId": "spring",
        "name": "Spring",
        "platform": "onlyfans",
        "status": "active",
        "asOf": "2026-03-01T00:00:00Z",
        **fields,
    }


def test_tokens_are_taken_and_never_shown() -> None:
    item = AccountItem(
        platform="instagram",
        external_id="ada",
        name="Ada",
        access_token="a-secret",
        refresh_token="r-secret",
        expires_at=WHEN,
        as_of=WHEN,
    )
    (meant,) = hostitems.accounts([item])
    assert (meant.tokens.access_token, meant.tokens.refresh_token) == ("a-secret", "r-secret")
    assert meant.tokens.expires_at == WHEN
    assert "secret" not in repr(item) + repr(meant)


@given(st.integers(0, MAX_AMOUNT - 1))
def test_amounts_are_exact(amount: int) -> None:
    item = StatsItem(
        day=date(2026, 3, 1),
        platform="onlyfans",
        received=2,
        answered=1,
        revenue_usd=usd_text(amount),
        as_of=WHEN,
    )
    (meant,) = hostitems.stats([item])
    assert meant.revenue == NanoUsd(amount)


def test_what_is_absent_of_a_campaign_is_nothing() -> None:
    sent = decode_body(encode({"items": [campaign()]}), PutCampaigns).items
    (meant,) = hostitems.campaigns(sent)
    assert (meant.spent, meant.revenue, meant.sent, meant.starts_at) == (0, 0, 0, None)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"externalId": "a\0b"}, "$.items[1].externalId"),
        ({"externalId": ""}, "$.items[1].externalId"),
        ({"externalId": "spring\n2026"}, "$.items[1].externalId"),
        ({"name": "Spring\nrevenue: a million"}, "$.items[1].name"),
        ({"name": " "}, "$.items[1].name"),
        ({"platform": "Only Fans"}, "$.items[1].platform"),
        ({"asOf": "2026-03-01T00:00:00"}, "$.items[1].asOf"),
        ({"asOf": EARLY}, "$.items[1].asOf"),
        ({"startsAt": EARLY}, "$.items[1].startsAt"),
        ({"spentUsd": 5}, "$.items[1].spentUsd"),
        ({"spentUsd": "five"}, "$.items[1].spentUsd"),
        ({"spentUsd": "0.0000000001"}, "$.items[1].spentUsd"),
        ({"revenueUsd": "-1"}, "$.items[1].revenueUsd"),
        ({"revenueUsd": "4611686018.427387904"}, "$.items[1].revenueUsd"),
        ({"sent": -1}, "$.items[1].sent"),
        ({"sent": 1.5}, "$.items[1].sent"),
        ({"sent": 2**53 + 1}, "$.items[1].sent"),
        ({"token": "x"}, "$.items[1].token"),
    ],
)
def test_the_item_and_the_field_that_are_wrong_are_named(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(campaign(), campaign(**wrong))
    assert refused.value.path == path


def read(*items: dict[str, Any]) -> None:
    hostitems.campaigns(decode_body(encode({"items": items}), PutCampaigns).items)


def test_a_request_has_a_thousand_items_at_most() -> None:
    with pytest.raises(Invalid) as refused:
        read(*[campaign()] * 1_001)
    assert refused.value.path == "$.items"


def test_what_the_host_numbers_is_named_by_its_digits() -> None:
    sent = decode_body(encode({"items": [campaign(externalId=17)]}), PutCampaigns).items
    (meant,) = hostitems.campaigns(sent)
    assert meant.external_id == "17"


def test_a_subscription_says_what_a_month_costs() -> None:
    sent = {
        "platform": "onlyfans",
        "externalId": "s-1",
        "fanId": 17,
        "priceUsd": "9.99",
        "startedAt": "2026-03-01T00:00:00+02:00",
        "asOf": "2026-03-01T00:00:00Z",
    }
    (meant,) = hostitems.subscriptions(
        decode_body(encode({"items": [sent]}), PutSubscriptions).items
    )
    assert (meant.price, meant.fan_id, meant.ended_at) == (9_990_000_000, "17", None)
