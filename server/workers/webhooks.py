"""Sends what waits for webhooks, at least once, and writes down what came of each attempt.

Any number of processes may run one. Whoever has claimed a delivery sends it; should it die before
it could write that down, the claim runs out and somebody sends it again under the same id.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from server.accounts.sealing import Sealer, Unsealable
from server.domain.clock import Clock
from server.domain.errors import AppError
from server.domain.ids import new_id
from server.domain.notices import WEBHOOK_TEST, Notice
from server.failpoints import reach
from server.persistence import deliveries, notices, webhooks
from server.persistence.database import Database, Tx
from server.persistence.deliveries import Attempt, Claim
from server.telemetry.logs import fields
from server.telemetry.metrics import Metrics
from server.webhooks import schedule, signing
from server.webhooks.client import TOTAL_S, Answer, Client
from server.workers.resealing import reseal

log = logging.getLogger(__name__)

POLL_S = 1.0
SWEEP_S = 3_600.0

LEASE = timedelta(seconds=3 * TOTAL_S)
"""How long a delivery waits whose process died: as long as sending may take, and to spare for a
database that has it write down late what came of it."""

PLACES, PLACES_OF_HOST = 64, 4
"""Deliveries on their way at once from a process. Sixteen hosts that let everybody wait have to
conspire before others wait; of those at which nothing arrives, 64."""

NOTES = 3
"""Attempts that are written down at once: each takes one of ten connections, which turns need."""

REST = 4
"""Times as long as it took to look for what is due, nobody looks again: with ten thousand waiting
that is 40 ms of the database, of which turns have need. A second at most, as ever."""

GRACE_S = 3.0
"""What is on its way when the process ends may take so long to arrive."""

GONE = 410
"""The receiver wants nothing more (RFC 9110, as Standard Webhooks takes it)."""

CRASHED = Answer(error="Something went wrong here.")
UNSEALABLE = Answer(error="The secret cannot be read any more: rotate it.")


class Courier:
    """``run`` is the body of a task, ended by ``leave``. ``chance``: from 0 to 1, spreads the next
    attempts."""

    def __init__(
        self,
        database: Database,
        client: Client,
        sealer: Sealer,
        metrics: Metrics,
        *,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._client = client
        self._sealer = sealer
        self._metrics = metrics
        self._clock = clock
        self._chance = chance
        self._sending: dict[asyncio.Task[None], Claim] = {}
        self._notes = asyncio.Semaphore(NOTES)
        self._bell = asyncio.Event()
        self._is_leaving, self._has_left = False, asyncio.Event()

    async def run(self) -> None:
        """Claim, send, sweep, until told to leave; outages are waited out."""
        now = asyncio.get_running_loop().time
        swept_at = now() - SWEEP_S
        async with asyncio.TaskGroup() as tasks:
            while not self._is_leaving:
                claims = list[Claim]()
                self._bell.clear()
                began = now()
                try:
                    if began - swept_at >= SWEEP_S:
                        swept_at = began
                        await self._sweep()
                    began = now()
                    claims = await self._claim()
                except (AppError, SQLAlchemyError) as error:
                    log.warning("webhooks.not_looked", extra=fields(error=repr(error)))
                for claimed in claims:
                    task = tasks.create_task(self._deliver(claimed))
                    self._sending[task] = claimed
                    task.add_done_callback(self._sent)
                rest = min(REST * (now() - began), POLL_S)
                if not claims:
                    await self._wait(POLL_S - rest)
                await asyncio.sleep(rest)
            await self._hand_back()
        self._has_left.set()

    def ring(self) -> None:
        """Somebody waits for what has just been written: it is sent before the next look is due."""
        self._bell.set()

    async def leave(self) -> None:
        """Claim nothing more; what is on its way arrives within the grace, or is due at once for
        whoever claims it next."""
        self._is_leaving = True
        self._bell.set()
        await self._has_left.wait()

    async def _hand_back(self) -> None:
        if self._sending:
            await asyncio.wait(self._sending, timeout=GRACE_S)
        cut = dict(self._sending)
        if not cut:
            return
        for task in cut:
            task.cancel()
        await asyncio.wait(cut)
        back, now = [claimed for task, claimed in cut.items() if task.cancelled()], self._clock()
        try:
            await self._database.run(lambda tx: deliveries.hand_back(tx, back, now))
        except (AppError, SQLAlchemyError) as error:
            log.warning("webhooks.not_handed_back", extra=fields(error=repr(error)))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            pass

    async def _claim(self) -> list[Claim]:
        room, now = PLACES - len(self._sending), self._clock()
        if not room:
            return []
        running = Counter(claimed.host for claimed in self._sending.values())

        async def claim(tx: Tx) -> list[Claim]:
            return await deliveries.claim(
                tx, now, now + LEASE, running=running, each=PLACES_OF_HOST, most=room
            )

        return await self._database.single(claim)

    def _sent(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self._bell.set()

    async def _sweep(self) -> None:
        async with self._database.transaction() as tx:
            await deliveries.forget(tx, self._clock() - schedule.KEPT)
        await reseal(self._database, self._sealer)

    async def _deliver(self, claimed: Claim) -> None:
        try:
            at = self._clock()
            answer = await self._send(claimed, at)
            reach("webhook.sent")
            async with self._notes:
                await self._note(claimed, at, answer)
        except (AppError, SQLAlchemyError) as error:
            log.warning("webhook.not_noted", extra=fields(error=repr(error), **_ids(claimed)))

    async def _send(self, claimed: Claim, at: datetime) -> Answer:
        try:
            secrets = self._secrets(claimed, at)
        except Unsealable:
            return UNSEALABLE
        body = claimed.body.encode()
        headers = signing.headers(secrets, str(claimed.event_id), at, body)
        try:
            return await self._client.post(claimed.url, headers, body)
        except Exception:  # of one delivery; the others have nothing to do with it
            log.exception("webhook.crashed", extra=fields(**_ids(claimed)))
            return CRASHED

    def _secrets(self, claimed: Claim, at: datetime) -> list[str]:
        """Those that sign at that moment. Raises Unsealable: the one that has to does not open."""
        secrets = [self._open(claimed, claimed.secret)]
        until = claimed.previous_until
        if claimed.previous_secret is not None and until is not None and at < until:
            with suppress(Unsealable):
                secrets.append(self._open(claimed, claimed.previous_secret))
        return secrets

    def _open(self, claimed: Claim, sealed: bytes) -> str:
        purpose, row = signing.PURPOSE, claimed.webhook_id
        return self._sealer.open(sealed, purpose=purpose, row=row).decode()

    async def _note(self, claimed: Claim, at: datetime, answer: Answer) -> None:
        now, notice = self._clock(), new_id()
        next_at = self._next(claimed, answer, now)
        attempt = Attempt(
            at=at,
            status=answer.status,
            duration_ms=answer.duration_ms,
            excerpt=answer.excerpt,
            error=answer.error,
        )

        async def note(tx: Tx) -> None:
            since = None
            if answer.is_success:
                await webhooks.succeeded(tx, claimed.webhook_id)
            else:
                since = await webhooks.failed(tx, claimed.webhook_id, now)
            await deliveries.note(tx, claimed, attempt, success=answer.is_success, next_at=next_at)
            if since is None:
                return
            reason = _hopeless(claimed, answer, next_at, since, now)
            if reason and await webhooks.disable(tx, claimed.webhook_id, reason):
                told = {
                    "webhookId": str(claimed.webhook_id),
                    "host": claimed.host,
                    "reason": reason,
                    "failingSince": since,
                }
                await notices.announce(
                    tx,
                    claimed.user_id,
                    Notice.WEBHOOK_DISABLED,
                    told,
                    id=notice,
                    key=f"webhook:{notice}",
                    now=now,
                    severity="warning",
                )

        await self._database.run(note)
        outcome = "delivered" if answer.is_success else "failed" if next_at else "given_up"
        self._metrics.webhook_attempted(outcome)
        log.info(
            "webhook.attempted",
            extra=fields(
                **_ids(claimed),
                outcome=outcome,
                attempt=claimed.attempts,
                status=answer.status,
                duration_ms=answer.duration_ms,
                error=answer.error,
            ),
        )

    def _next(self, claimed: Claim, answer: Answer, now: datetime) -> datetime | None:
        if answer.is_success or answer.status == GONE or claimed.event == WEBHOOK_TEST:
            return None
        asked = schedule.asked_for(answer.retry_after, now)
        return schedule.next_attempt(claimed.attempts, now, self._chance(), asked)


def _hopeless(
    claimed: Claim, answer: Answer, next_at: datetime | None, since: datetime, now: datetime
) -> str | None:
    """Why nothing more shall be sent there, if so."""
    if answer.status == GONE:
        return webhooks.GONE
    is_given_up = next_at is None and claimed.event != WEBHOOK_TEST
    return webhooks.FAILING if is_given_up and now - since >= schedule.HOPELESS else None


def _ids(claimed: Claim) -> dict[str, str]:
    """For logs: of a URL the host alone, the rest may be a secret."""
    return {
        "webhook_id": str(claimed.webhook_id),
        "event_id": str(claimed.event_id),
        "event": claimed.event,
        "host": claimed.host,
    }
