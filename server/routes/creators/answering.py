"""Has the team work for a creator, and tells its answer: the agents' fields, and what they took."""

from typing import TypeVar

from msgspec import UnsetType, convert, to_builtins
from starlette.responses import Response

from server.domain.errors import SchemaMismatch
from server.routes import answers
from server.routes.answers import Answer, answered, usage_of
from server.routes.calls import Call
from server.routes.creators.asked import Request
from server.turns.generation import Generated
from server.turns.jobs import Job
from server.turns.request import check_caller

Told = TypeVar("Told", bound=Answer)

TAG = "creators"

STAGES = 2
"""Agents one after the other: those that answer at the same time, then the one that checks."""

SPARE_S = 10.0
"""Seconds for who only helps and is late, and for all else: agents' own deadlines come first."""


async def work(call: Call, body: Request, job: Job, kind: type[Told]) -> Told | Response:
    """The team's answer to ``job``, which was made of ``body``; streamed where that was asked for.

    Raises:
        Invalid: ``body`` names somebody else as its creator.
        SchemaMismatch: the answer was cut, or nothing right is left of it.
        AppError: one of ``answers.ERRORS``.
    """
    check_caller(body, call.caller.user_id, call.caller.external_id)
    within_s = STAGES * call.services.settings.agent_seconds + SPARE_S
    return await answered(call, job, lambda made: told(made, kind), within_s=within_s)


def told(made: Generated, kind: type[Told]) -> Told:
    """``made`` as ``kind``, whose other fields are those of the structured answer.

    Raises:
        SchemaMismatch: the answer was cut before it was whole.
    """
    if isinstance(made.value, UnsetType):
        raise SchemaMismatch("The answer was cut before it was whole.")
    beside = {
        "generationId": made.generation_id,
        "usage": usage_of(made),
        "agents": list(made.agents),
    }
    return convert({**to_builtins(made.value), **beside}, kind)


ERRORS = (*answers.ERRORS, SchemaMismatch)
"""What every endpoint of a creator can raise that has the team work."""
