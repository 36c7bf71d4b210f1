"""One cause of what rises at once."""

from datetime import UTC, datetime

import pytest

from billing.costbook import Key
from billing.detection.attribution import causes, excess_of, part_of
from billing.detection.baselines import NONE, Baseline
from billing.detection.costs import SECONDS, judge
from billing.detection.recent import Sum, Window
from billing.detection.scopes import SYSTEM, Scope, scopes_of
from tests.billing.detection.rises import creator, filled, key, sums, usual

NOW = datetime(2026, 3, 17, 14, tzinfo=UTC)
HOUR = 60

TEAM = [key(n) for n in range(1, 5)] + [
    key(n, "caption", agent="content", model="demo/dear") for n in range(1, 5)
]
"""Four creators, two features with an agent and a model each: ten calls a minute of each."""


def found(
    minutes: dict[Key, list[Sum]], young: tuple[Scope, ...] = (), standing: tuple[Scope, ...] = ()
) -> list[str]:
    """The causes of what rises, where every key of TEAM had ten calls a minute."""
    recent = filled(NOW, minutes)
    windows = {window.seconds: window for window in recent.windows(NOW, SECONDS)}
    baselines: dict[Scope, Baseline] = {}
    for scope in windows[3_600].scopes:
        count = sum(scope in scopes_of(one) for one in TEAM)
        baselines[scope] = usual(600 * count) if count and scope not in young else NONE
    verdicts = [
        verdict
        for scope, baseline in baselines.items()
        if (verdict := judge(scope, _sums(windows, scope), baseline))
    ]
    return [str(verdict.scope) for verdict in causes(verdicts, windows, baselines, standing)]


def _sums(windows: dict[int, Window], scope: Scope) -> dict[int, Sum]:
    return {seconds: window.of(scope) for seconds, window in windows.items()}


def team() -> dict[Key, list[Sum]]:
    return {one: [sums(10)] * HOUR for one in TEAM}


def risen(
    minutes: dict[Key, list[Sum]], keys: list[Key], calls: int, cost: int | None = None
) -> None:
    for one in keys:
        more = sums(calls) if cost is None else sums(calls, cost)
        minutes[one] = minutes.get(one, [Sum()] * HOUR)[:-5] + [more] * 5


def test_where_nothing_rises_nothing_is_the_cause() -> None:
    assert found(team()) == []


def test_one_creator_raises_everything_and_is_the_cause() -> None:
    minutes = team()
    risen(minutes, [TEAM[0]], 500)
    assert found(minutes) == [f"creator {creator(1)}"]


def test_a_creator_who_is_new_is_the_cause_of_what_the_others_show() -> None:
    minutes = team()
    risen(minutes, [key(9)], 500)
    assert found(minutes) == [f"creator {creator(9)}"]


def test_all_creators_of_a_feature_raise_the_feature() -> None:
    minutes = team()
    risen(minutes, TEAM[4:], 60)
    assert found(minutes) == ["feature caption"]


def test_a_new_model_that_makes_a_feature_dear_is_the_cause() -> None:
    minutes = team()
    dear = [one._replace(model="demo/dearest") for one in TEAM[4:]]
    risen(minutes, TEAM[4:], 0)
    risen(minutes, dear, 10, 20 * 10_000_000)
    assert found(minutes, young=(Scope("model", "demo/dearest"),)) == ["model demo/dearest"]


def test_all_of_it_raises_the_system() -> None:
    minutes = team()
    risen(minutes, TEAM, 50)
    assert found(minutes) == ["system"]


def test_two_causes_are_two() -> None:
    image = key(5, "image", agent="painter", model="demo/picture")
    minutes = team()
    risen(minutes, [TEAM[0]], 500)
    risen(minutes, [image], 500)
    assert sorted(found(minutes)) == [f"creator {creator(1)}", f"creator {creator(5)}"]


@pytest.mark.parametrize(
    "standing",
    [Scope("feature", "chat"), Scope("agent", "assistant"), Scope("model", "demo/small")],
)
def test_what_an_open_incident_explains_opens_none(standing: Scope) -> None:
    minutes = team()
    risen(minutes, [TEAM[0]], 500)
    assert found(minutes, standing=(standing,)) == []


def test_an_open_incident_hides_nothing_else() -> None:
    minutes = team()
    risen(minutes, [TEAM[0]], 500)
    risen(minutes, TEAM[4:], 80)
    assert found(minutes, standing=(Scope("creator", str(creator(1))),)) == ["feature caption"]


def test_an_excess_is_the_part_above_the_usual() -> None:
    window = filled(NOW, {TEAM[0]: [sums(40)] * 5, TEAM[4]: [sums(20)] * 5}).windows(NOW, (300,))[0]
    chat = Scope("feature", "chat")
    assert excess_of(chat, window, {chat: usual(600)}) == 0.75
    assert excess_of(chat, window, {chat: usual(6_000)}) == 0
    assert excess_of(chat, window, {}) == 1
    assert excess_of(Scope("feature", "image"), window, {}) == 0
    assert part_of(chat, SYSTEM, window) == 200 * 10_000_000
    assert part_of(chat, Scope("feature", "caption"), window) == 0
