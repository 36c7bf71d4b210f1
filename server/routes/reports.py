"""Reports that a creator wants to get by themselves: how often, and what became of the last one."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, convert

from server.accounts.access import Scope
from server.domain.cadence import Cadence, next_moment
from server.persistence import schedules
from server.persistence.database import Tx
from server.persistence.schedules import Schedule
from server.routes.calls import Call
from server.routes.operations import Operation

TAG = "analytics"
PATH = "/api/analytics/schedule"


class PutSchedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weekly: on Mondays; monthly: on the first."""

    cadence: Cadence


class ScheduleView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``lastGenerationId``: the newest report, null before the first. ``lastError``: the code for
    which none came after it, null where the last one came."""

    cadence: Cadence
    next_at: datetime
    last_generation_id: UUID | None
    last_error: str | None
    created_at: datetime
    updated_at: datetime


async def read_schedule(call: Call) -> ScheduleView | None:
    async with call.services.database.glances() as tx:
        found = await schedules.find(tx, call.caller.user_id)
    return None if found is None else _view(found)


async def put_schedule(call: Call) -> ScheduleView:
    user, services = call.caller.user_id, call.services
    cadence, now = call.body(PutSchedule).cadence, services.clock()

    async def put(tx: Tx) -> Schedule:
        return await schedules.put(tx, user, cadence, next_moment(cadence, user, now), now)

    return _view(await services.database.run(put))


async def delete_schedule(call: Call) -> None:
    user = call.caller.user_id
    await call.services.database.single(lambda tx: schedules.remove(tx, user))


def _view(schedule: Schedule) -> ScheduleView:
    return convert(schedule, ScheduleView, from_attributes=True)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=read_schedule,
        scope=Scope.READ,
        summary="When the next performance report comes by itself; null: none does.",
        tag=TAG,
        response=ScheduleView | None,
    ),
    Operation(
        method="PUT",
        path=PATH,
        handler=put_schedule,
        scope=Scope.WRITE,
        summary="Get a performance report each week or month; it costs credits as any answer does.",
        tag=TAG,
        request=PutSchedule,
        response=ScheduleView,
    ),
    Operation(
        method="DELETE",
        path=PATH,
        handler=delete_schedule,
        scope=Scope.WRITE,
        summary="Get no more performance reports.",
        tag=TAG,
    ),
)
