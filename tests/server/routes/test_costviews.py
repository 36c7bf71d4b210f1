"""Figures as they are told: decimals, changes, cells."""

from datetime import timedelta

from msgspec import UNSET

from billing.reports import Figures, Group
from server.domain.ids import new_id
from server.domain.money import NanoUsd
from server.routes.costviews import change, group_cells, group_header, group_view
from tests.billing.support import NOON

FIGURES = Figures(
    calls=3,
    failed=1,
    input_tokens=10,
    output_tokens=4,
    cost_usd=NanoUsd(2_500_000),
    charged=2_000_000,
    charged_usd=NanoUsd(2_000_000),
)


def test_a_change_is_in_per_cent_of_what_there_was() -> None:
    assert change(150, 100) == 50.0
    assert change(0, 3) == -100.0
    assert change(4, 3) == 33.3
    assert change(4, 0) is None


def test_a_group_of_a_creator_says_whose_it_is() -> None:
    user = new_id()
    group = Group(
        keys=(user, "chat"),
        figures=FIGURES,
        before_usd=NanoUsd(5_000_000),
        name="Ann",
        external_id="7",
    )
    view = group_view(group, ("creator", "feature"))
    assert view.keys == {"creator": str(user), "feature": "chat"}
    assert (view.name, view.external_id, view.change_percent) == ("Ann", "7", -50.0)
    assert (view.cost_usd, view.charged, view.margin_usd) == ("0.0025", "2", "-0.0005")
    assert group_header(("creator", "feature"))[:4] == [
        "creatorId", "creatorName", "creatorExternalId", "feature",
    ]  # fmt: skip
    cells = group_cells(group, ("creator", "feature"))
    assert cells[:4] == [str(user), "Ann", "7", "chat"]
    assert len(cells) == len(group_header(("creator", "feature")))


def test_a_group_of_a_time_is_told_in_utc_and_changes_by_nothing() -> None:
    group = Group(
        keys=(NOON - timedelta(hours=12),),
        figures=FIGURES,
        before_usd=None,
        name=None,
        external_id=None,
    )
    view = group_view(group, ("day",))
    assert (view.keys, view.name, view.change_percent) == ({"day": "2026-03-15"}, UNSET, None)
    assert group_header(("day",))[0] == "day (UTC)"
