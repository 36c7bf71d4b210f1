"""Makes the performance reports that creators get by themselves, one at a time in a process.

Whoever claims what is due makes it, as a turn that its creator pays for; when that process dies, a
later look finds the claim passed. Of each that was due its creator is told once: that it is there,
or why not.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, structs, to_builtins
from sqlalchemy.exc import SQLAlchemyError

from agents.team.contexts import Known, Performance
from knowledge.hostcontext import DAYS, CreatorContext, read_context
from server.domain.cadence import next_moment
from server.domain.clock import Clock
from server.domain.errors import AppError, Draining, Internal
from server.domain.ids import UserId, new_id
from server.domain.notices import Notice
from server.failpoints import reach
from server.persistence import generations, notices, schedules
from server.persistence.database import Database, Tx
from server.persistence.schedules import Due
from server.protocol.notices import ReportFailedData, ReportReadyData
from server.telemetry.logs import fields
from server.turns.errands import Errands
from server.turns.jobs import Job

log = logging.getLogger(__name__)

KIND = "analysis"
"""Of generations, as the analyses that are asked for: the summary shows whichever is newest."""

TIMEFRAME = f"last {DAYS} days"

LOOK_S = 15.0
"""One query of an index, which mostly finds nothing."""

WITHIN_S = 120.0
"""For one answer, twice what a slow model takes."""

CLAIM = timedelta(seconds=2 * WITHIN_S)
"""Longer than making one takes: the answer, and what is read and written around it."""

AGAIN, GIVE_UP = timedelta(minutes=15), timedelta(hours=6)
"""What may succeed later is tried so often, and for so long after it was due."""

LET_GO_S = 2.0
"""When the process ends, nothing may keep it for long."""


class Failure(Struct, frozen=True, kw_only=True):
    """``code`` is an error's, or ``no_figures``. ``is_passing``: later, it may succeed."""

    code: str
    message: str
    is_passing: bool = False


UNTOLD = Failure(code="no_figures", message="The host application has told no figures yet.")


class Reports:
    """``run`` is the body of a task. Any number of processes may look."""

    def __init__(self, database: Database, errands: Errands, *, clock: Clock) -> None:
        self._database = database
        self._errands = errands
        self._clock = clock

    async def run(self) -> None:
        """Look and make, for ever; outages are waited out."""
        while True:
            try:
                while await self.make_next():
                    pass
            except (AppError, SQLAlchemyError) as error:
                log.warning("reports.not_looked", extra=fields(error=repr(error)))
            await asyncio.sleep(LOOK_S)

    async def make_next(self) -> bool:
        """Make the one that has been due for longest. False: none is due.

        Raises:
            ServiceUnavailable: the database does not answer.
            Draining: this process makes nothing any more.
        """
        now = self._clock()
        due = await self._database.single(lambda tx: schedules.claim(tx, now, now + CLAIM))
        if due is None:
            return False
        reach("report.claimed")
        try:
            made = await self._make(due)
        except (asyncio.CancelledError, Draining):
            with suppress(AppError, SQLAlchemyError, TimeoutError):
                async with asyncio.timeout(LET_GO_S):
                    await self._keep(due, timedelta())  # so that nobody waits for our death
            raise
        except Exception as error:  # whatever it is, others wait for theirs
            made = _failure(due, error)
        reach("report.made")
        if isinstance(made, Failure) and made.is_passing and now < due.due_at + GIVE_UP:
            await self._keep(due, AGAIN)
        else:
            await self._settle(due, made)
        return True

    async def _make(self, due: Due) -> UUID | Failure:
        """The report, as a generation: one that somebody made who died before saying so, or a new
        one."""
        scheduled = to_builtins({"cadence": due.cadence, "dueAt": due.due_at})
        async with self._database.snapshot() as tx:
            before = await generations.newest(tx, due.user_id, KIND, {"scheduled": scheduled})
            context = await read_context(tx, due.user_id, self._clock())
        if before is not None:
            return before.id
        if not (context.campaigns or context.activity or context.subscriptions):
            return UNTOLD
        begun = await self._errands.begin_unasked(
            UserId(due.user_id), job_of(context, scheduled), correlation_id=str(new_id())
        )
        return (await self._errands.end(begun, within_s=WITHIN_S)).generation_id

    async def _keep(self, due: Due, wait: timedelta) -> None:
        until = self._clock() + wait
        await self._database.single(lambda tx: schedules.keep(tx, due, until))

    async def _settle(self, due: Due, made: UUID | Failure) -> None:
        now, notice = self._clock(), new_id()
        following = next_moment(due.cadence, due.user_id, now)

        async def settle(tx: Tx) -> None:
            next_at = await schedules.settle(
                tx,
                due,
                following,
                generation=made if isinstance(made, UUID) else None,
                error=made.code if isinstance(made, Failure) else None,
            )
            if next_at is not None:
                event, data = _notice(due, made, next_at)
                await notices.announce(
                    tx,
                    due.user_id,
                    event,
                    to_builtins(data),
                    id=notice,
                    key=f"report:{due.due_at.isoformat()}",
                    now=now,
                    severity="info" if event is Notice.REPORT_READY else "warning",
                )

        await self._database.run(settle)


def _notice(due: Due, made: UUID | Failure, next_at: datetime) -> tuple[Notice, Struct]:
    if isinstance(made, UUID):
        ready = ReportReadyData(cadence=due.cadence, generation_id=made, next_at=next_at)
        return Notice.REPORT_READY, ready
    failed = ReportFailedData(
        cadence=due.cadence, code=made.code, message=made.message, next_at=next_at
    )
    return Notice.REPORT_FAILED, failed


def job_of(context: CreatorContext, scheduled: dict[str, Any]) -> Job:
    """An analysis of all that the host application has told. ``scheduled`` names the occasion."""
    named = [one.platform for one in context.platforms]
    named += [one.platform for one in context.campaigns]
    named += context.subscriptions.platforms if context.subscriptions else ()
    platforms = tuple(dict.fromkeys(named))

    def performance(known: Known) -> Performance:
        return Performance(
            platforms=platforms,
            content_types=(),
            timeframe=TIMEFRAME,
            metrics=known.figures,
            known=structs.replace(known, figures=()),  # each is told once
        )

    metrics = {"platforms": platforms, "contentTypes": (), "timeframe": TIMEFRAME}
    return Job(
        kind=KIND,
        feature=KIND,
        input={"metrics": metrics, "scheduled": scheduled},
        about=" ".join(("performance revenue", *platforms)),
        context=performance,
    )


def _failure(due: Due, error: Exception) -> Failure:
    is_ours = not isinstance(error, AppError)
    told = error if isinstance(error, AppError) else Internal("The report could not be made.")
    log.log(
        logging.ERROR if is_ours else logging.WARNING,
        "report.not_made",
        extra=fields(user=str(due.user_id), error=repr(error)),
        exc_info=error if is_ours else None,
    )
    return Failure(code=told.code, message=told.message, is_passing=told.retryable)
