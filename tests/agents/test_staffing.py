"""What each of several agents is asked: its models, its tokens, its budget."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from agents.agent import AgentRequest
from agents.counters import ESTIMATES
from agents.providers.demo import DEMO_MODEL, DemoProvider
from agents.providers.registry import TEXT, TOOLS, VISION, ModelInfo, Registry
from agents.staffing import Staffing
from agents.team.contexts import SalesWish
from agents.team.sales import SalesAgent
from agents.tokens import count_prompt, count_text
from agents.tools.clock import ClockTool
from server.domain.content import ChatMessage, Image, Params, Role
from tests.agents.desk import DEMO
from tests.agents.team.tasks import agent_of


def model(name: str, **fields: Any) -> ModelInfo:
    return structs.replace(DEMO_MODEL, id=f"demo/{name}", name=name, **fields)


REGISTRY = Registry(
    [
        DEMO_MODEL,
        model("own", fallbacks=("demo/other",)),
        model("other"),
        model("narrow", context_tokens=1_400),
        model("plain", capabilities=(TEXT,)),
        model("seeing", capabilities=(TEXT, VISION)),
    ],
    {"demo": DemoProvider()},
)
QUESTION = (ChatMessage(role=Role.USER, text="Hello, you!"),)
PICTURE = Image(media_id=UUID(int=1), media_type="image/png", width=10, height=10)
SEEN = (structs.replace(QUESTION[0], images=(PICTURE,)),)


def staffing(**models: str) -> Staffing:
    return Staffing(REGISTRY, ESTIMATES, models)


def asked(**fields: Any) -> AgentRequest:
    request = AgentRequest(
        models=(DEMO, "demo/other"),
        messages=QUESTION,
        instructions="Be brief.",
        params=Params(),
        input_tokens=500,
        correlation_id="corr",
        wants_partials=True,
    )
    return structs.replace(request, **fields)


def test_an_agent_without_a_model_of_its_own_has_the_turns() -> None:
    assert staffing().own("sales", asked()) == asked()
    assert staffing(sales=DEMO).own("sales", asked()) == asked()
    assert staffing(content="demo/own").own("sales", asked()) == asked()


def test_one_that_has_brings_its_stand_ins() -> None:
    assert staffing(sales="demo/own").own("sales", asked()).models == ("demo/own", "demo/other")


@pytest.mark.parametrize(
    ("own", "fields"),
    [
        ("demo/gone", {}),
        ("demo/narrow", {}),
        ("demo/plain", {"tools": (ClockTool(),)}),
        (
            "demo/plain",
            {"messages": SEEN},
        ),
    ],
)
def test_a_model_that_cannot_do_it_is_not_asked(own: str, fields: dict[str, Any]) -> None:
    assert staffing(sales=own).own("sales", asked(**fields)).models == (DEMO, "demo/other")


def test_one_that_can_is() -> None:
    assert staffing(sales="demo/seeing").own("sales", asked(messages=SEEN)).models == (
        "demo/seeing",
    )
    assert TOOLS in REGISTRY.get("demo/own").capabilities
    tools = (ClockTool(),)
    assert staffing(sales="demo/own").own("sales", asked(tools=tools)).models[0] == "demo/own"


def test_each_has_a_budget_of_its_own() -> None:
    def branch_budget(agent: str) -> object:
        return lambda model, input_tokens: len(agent)

    request = staffing().own("sales", asked(branch_budget=branch_budget))
    assert request.budget is not None
    assert request.budget(DEMO, 1) == len("sales")


@pytest.mark.parametrize("own", [DEMO, "demo/own", "demo/plain"])
def test_a_task_is_counted_as_the_model_is_asked(own: str) -> None:
    task = agent_of(SalesAgent).assigned(SalesWish(message="Buy my set"))
    parts = (task.instructions, task.messages, task.schema)
    at = staffing(sales=own)
    request = at.task("sales", asked(tools=(ClockTool(),)), *parts)
    assert (request.instructions, request.messages, request.output) == parts
    assert (request.tools, request.wants_partials) == ((), False)
    assert request.models[0] == own
    assert request.input_tokens == at.input_tokens("sales", *parts)
    assert request.input_tokens > count_prompt(task.instructions, task.messages)


def test_texts_are_counted_by_the_model() -> None:
    assert staffing().count(DEMO, "Hello, you!") == count_text("Hello, you!")
