"""A/B tests of sales messages over HTTP: fans are assigned, outcomes told, results read."""

from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from knowledge import experiments
from knowledge.experiments import NOT_FOUND, Experiment, Variant
from server.accounts.access import Scope
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.ids import new_id
from server.domain.money import NanoUsd
from server.domain.texts import SAYS_SOMETHING, HostId, Line
from server.persistence.database import Tx
from server.routes import cursors
from server.routes.amounts import usd
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.experimentviews import ExperimentView, experiment_view
from server.routes.operations import Operation

TAG = "experiments"
PATH = "/api/ai/experiments"
ONE = f"{PATH}/{{experiment_id:uuid}}"


Key: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_\-]{1,32}$(?!\n)")]


class SentVariant(Variant, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``weight``: its share of the fans, against those of the others."""

    key: Key
    text: Annotated[str, Meta(min_length=1, max_length=4_000, pattern=SAYS_SOMETHING)]
    weight: Annotated[int, Meta(ge=1, le=1_000)] = 1


class CreateExperiment(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """The first variant is the control, with which the others are compared."""

    name: Line
    variants: Annotated[tuple[SentVariant, ...], Meta(min_length=2, max_length=6)]


class AssignFan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    fan_id: HostId


class ReportOutcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``revenueUsd``: what the fan paid, where they did; a decimal string."""

    fan_id: HostId
    converted: bool
    revenue_usd: str | None = None


class EndExperiment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``winner`` absent: the variant that the figures prove to be the best, if any."""

    winner: Key | None = None


class Assignment(Struct, frozen=True, kw_only=True, rename="camel"):
    """The message that this fan gets, always."""

    fan_id: str
    variant: str
    text: str


class ExperimentPage(Page, frozen=True, kw_only=True):
    items: list[ExperimentView]


async def list_experiments(call: Call) -> ExperimentPage:
    query, user = call.query(ListQuery), call.caller.user_id
    before = cursors.read(query.cursor, UUID)
    async with call.services.database.snapshot() as tx:
        found = await experiments.list_experiments(tx, user, before=before, limit=query.limit + 1)
        shown, last = cursors.page(found, query.limit)
        results = await experiments.read_results(tx, shown)
    return ExperimentPage(
        items=[experiment_view(one, results[one.id]) for one in shown],
        next_cursor=cursors.write(last.id) if last else None,
    )


async def create_experiment(call: Call) -> ExperimentView:
    user, body, services = call.caller.user_id, call.body(CreateExperiment), call.services
    id, now = new_id(), services.clock()
    keys = [variant.key for variant in body.variants]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise Invalid("Another variant has this key.", path=f"$.variants[{place}].key")

    async def create(tx: Tx) -> Experiment:
        return await experiments.create(tx, id, user, body.name, body.variants, now)

    return await _read(call, await services.database.run(create))


async def read_experiment(call: Call) -> ExperimentView:
    id, user = call.id("experiment_id"), call.caller.user_id
    async with call.services.database.snapshot() as tx:
        found = await experiments.find(tx, id, user)
        results = await experiments.read_results(tx, [found])
    return experiment_view(found, results[found.id])


async def delete_experiment(call: Call) -> None:
    id, user = call.id("experiment_id"), call.caller.user_id
    if not await call.services.database.single(lambda tx: experiments.remove(tx, id, user)):
        raise NotFound(NOT_FOUND)


async def assign_fan(call: Call) -> Assignment:
    id, user, services = call.id("experiment_id"), call.caller.user_id, call.services
    fan, now = str(call.body(AssignFan).fan_id), services.clock()
    variant = await services.database.run(lambda tx: experiments.assign(tx, id, user, fan, now))
    return Assignment(fan_id=fan, variant=variant.key, text=variant.text)


async def report_outcome(call: Call) -> None:
    id, user, services = call.id("experiment_id"), call.caller.user_id, call.services
    body, now = call.body(ReportOutcome), services.clock()
    revenue = _revenue(body)

    async def report(tx: Tx) -> None:
        await experiments.report(
            tx, id, user, str(body.fan_id), converted=body.converted, revenue=revenue, now=now
        )

    await services.database.run(report)


async def end_experiment(call: Call) -> ExperimentView:
    id, user, services = call.id("experiment_id"), call.caller.user_id, call.services
    winner, insight, now = call.body(EndExperiment).winner, new_id(), services.clock()

    async def end(tx: Tx) -> Experiment:
        return await experiments.end(tx, id, user, winner, insight=insight, now=now)

    ended = await services.database.run(end)
    await services.network.announce(user)
    return await _read(call, ended)


async def _read(call: Call, experiment: Experiment) -> ExperimentView:
    async with call.services.database.glances() as tx:
        results = await experiments.read_results(tx, [experiment])
    return experiment_view(experiment, results[experiment.id])


def _revenue(body: ReportOutcome) -> NanoUsd | None:
    """Raises Invalid: no decimal number of dollars from 0 on, or of a fan who bought nothing."""
    if body.revenue_usd is None:
        return None
    if not body.converted:
        raise Invalid("A fan who has not converted has paid nothing.", path="$.revenueUsd")
    return usd(body.revenue_usd, "$.revenueUsd")


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_experiments,
        scope=Scope.READ,
        summary="The caller's A/B tests with their results, newest first.",
        tag=TAG,
        query=ListQuery,
        response=ExperimentPage,
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=create_experiment,
        scope=Scope.WRITE,
        summary="Begin an A/B test of sales messages.",
        tag=TAG,
        request=CreateExperiment,
        response=ExperimentView,
        status=201,
        errors=(Conflict,),
    ),
    Operation(
        method="GET",
        path=ONE,
        handler=read_experiment,
        scope=Scope.READ,
        summary="An A/B test with what it shows so far.",
        tag=TAG,
        response=ExperimentView,
        errors=(NotFound,),
    ),
    Operation(
        method="DELETE",
        path=ONE,
        handler=delete_experiment,
        scope=Scope.WRITE,
        summary="Delete an A/B test with its fans.",
        tag=TAG,
        errors=(NotFound,),
    ),
    Operation(
        method="POST",
        path=f"{ONE}/assignments",
        handler=assign_fan,
        scope=Scope.WRITE,
        summary="Which message a fan gets: always the same.",
        tag=TAG,
        request=AssignFan,
        response=Assignment,
        errors=(NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path=f"{ONE}/outcomes",
        handler=report_outcome,
        scope=Scope.WRITE,
        summary="Tell whether a fan has bought; once, and the same again changes nothing.",
        tag=TAG,
        request=ReportOutcome,
        errors=(NotFound, Conflict),
    ),
    Operation(
        method="POST",
        path=f"{ONE}/end",
        handler=end_experiment,
        scope=Scope.WRITE,
        summary="End an A/B test; what won is told to the creator's agents.",
        tag=TAG,
        request=EndExperiment,
        optional=True,
        response=ExperimentView,
        errors=(NotFound, Conflict),
    ),
)
