"""Agents of the house go by their names, all others by one."""

from uuid import uuid4

import pytest

from server.team import AGENTS
from server.telemetry.labels import CUSTOM, agent_label


@pytest.mark.parametrize("agent", [*AGENTS, "title", ""])
def test_an_agent_of_the_house_goes_by_its_name(agent: str) -> None:
    assert agent_label(agent) == agent


def test_all_agents_of_creators_own_making_go_by_one() -> None:
    assert {agent_label(str(uuid4())) for _ in range(9)} == {CUSTOM}
