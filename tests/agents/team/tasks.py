"""What an agent asks of a model, without asking one."""

from agents.answering import Answering
from agents.assigned import Task
from agents.calling import Caller
from agents.providers.demo import DEMO_MODEL, FULL_SPEED, DemoProvider
from agents.providers.health import BreakerLimits, Health
from agents.providers.registry import Registry
from agents.providers.retry import Retries
from agents.team.specialist import BRIEF_TOKENS, Context, Out, Specialist
from server.domain.clock import utc_now
from server.domain.ids import CallId, new_id


def agent_of(kind: type[Specialist[Context, Out]]) -> Specialist[Context, Out]:
    registry = Registry([DEMO_MODEL], {"demo": DemoProvider(FULL_SPEED)})
    health = Health([DEMO_MODEL.id], BreakerLimits(), time=lambda: 0.0, clock=utc_now)
    caller = Caller(registry, health, Retries(attempts=1), lambda: CallId(new_id()))
    return kind(Answering(caller, registry, utc_now))


def task_of(
    kind: type[Specialist[Context, Out]], context: Context, budget_tokens: int = BRIEF_TOKENS
) -> Task[Out]:
    return agent_of(kind).task(context, budget_tokens)
