"""Each incident as an issue in Linear: opened, kept up to date and closed with it.

An issue's id is made of its incident's, changes say how things stand rather than what changed, and
comments have ids as well. So whatever is done twice, after a lost reply or a crash, is done once.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from billing.alerts import Alert
from billing.issues import mark_told, next_untold
from server.domain.errors import AppError
from server.persistence.database import Database, Tx
from server.telemetry.logs import fields
from server.workers.issuetext import comment_id, comment_text, issue_fields, issue_id
from server.workers.linearclient import Away, Denied, Limited, LinearClient, Rejected

log = logging.getLogger(__name__)

LOOK_S = 3.0
TELL_S = 40.0
"""For the requests of one incident, of which there are at most six."""
AWAY_FIRST_S, AWAY_MOST_S = 5.0, 300.0
DENIED_S = 600.0
"""Until a wrong key, a missing team or a request that was not taken is tried again."""


class LinearTeller:
    """``run`` is the body of a task; of all processes one at a time tells, and holds a connection
    of the database while it does. ``team``: its key; ``origin``: where our own pages are."""

    def __init__(
        self,
        database: Database,
        client: LinearClient,
        *,
        team: str | None,
        origin: str,
        now: Callable[[], float],
    ) -> None:
        self._database = database
        self._client = client
        self._team_key = team
        self._origin = origin
        self._now = now
        self._team: str | None = None
        self._rejected: dict[UUID, float] = {}
        """When incidents that Linear did not take are tried again."""
        self._failed = set[UUID]()
        """Incidents at which Linear was away: all others come before them."""
        self._away_s = AWAY_FIRST_S
        self._complaint = ""

    async def run(self) -> None:
        """For ever; outages are waited out."""
        while True:
            rest = await self.tell_all()
            await asyncio.sleep(rest * random.uniform(0.9, 1.1))  # noqa: S311 - jitter

    async def tell_all(self) -> float:
        """Tell what there is to tell. Answers how many seconds to wait before the next look."""
        try:
            while await self._tell_next():
                self._away_s, self._complaint = AWAY_FIRST_S, ""
        except Limited as error:
            self._complain(logging.WARNING, f"too many requests: {error}")
            return error.seconds
        except Denied as error:
            self._team = None
            self._complain(logging.ERROR, f"the key or the team is not right: {error}")
            return DENIED_S
        except Away as error:
            self._complain(logging.WARNING, str(error))
            rest, self._away_s = self._away_s, min(AWAY_MOST_S, self._away_s * 2)
            return rest
        except (AppError, SQLAlchemyError) as error:
            log.warning("linear.not_looked", extra=fields(error=repr(error)))
        return LOOK_S

    async def _tell_next(self) -> bool:
        """False: there is nothing to tell, or another process tells.

        Raises:
            Limited, Denied, Away: and nothing else is told.
        """
        now = self._now()
        self._rejected = {id_: at for id_, at in self._rejected.items() if at > now}
        async with self._database.transaction() as tx:
            alert = await self._next(tx)
            if alert is None:
                return False
            try:
                async with asyncio.timeout(TELL_S):
                    url = await self._tell(alert)
            except (TimeoutError, Away) as error:
                self._failed.add(alert.id)
                raise Away(str(error) or "Linear is too slow") from error
            except Rejected as error:
                self._team = None  # perhaps it is a team that is no more
                self._rejected[alert.id] = now + DENIED_S
                log.error("linear.rejected", extra=fields(alert=str(alert.id), error=str(error)))
                return True
            await mark_told(tx, alert, url)
        log.info("linear.told", extra=fields(alert=str(alert.id), version=alert.version, issue=url))
        return True

    async def _next(self, tx: Tx) -> Alert | None:
        patience_s = TELL_S + AWAY_FIRST_S
        skipped = {*self._rejected, *self._failed}
        alert = await next_untold(tx, skipped, patience_s=patience_s)
        if alert is None and self._failed:
            self._failed.clear()
            alert = await next_untold(tx, self._rejected, patience_s=patience_s)
        return alert

    async def _tell(self, alert: Alert) -> str | None:
        issue, url = issue_id(alert.id), alert.issue_url
        if url is None:
            url = await self._create(alert, issue)
            if url is not None and alert.state == "open":
                return url
        found = await self._client.find(issue)
        if found is None:
            return url  # deleted, by somebody who does not want to hear of it
        if not found.is_deleted:
            values = issue_fields(alert, self._origin)
            if alert.state == "closed" and not found.is_ended and found.done:
                values["stateId"] = found.done
            await self._client.update(issue, **values)
            if alert.version > 1:  # else the description is news enough
                await self._comment(alert, issue)
        return found.url

    async def _comment(self, alert: Alert, issue: UUID) -> None:
        try:
            await self._client.comment(comment_id(alert), issue, comment_text(alert))
        except Rejected as error:  # mostly: it is there, by a request without reply
            log.info("linear.not_commented", extra=fields(alert=str(alert.id), error=str(error)))

    async def _create(self, alert: Alert, issue: UUID) -> str | None:
        """None: it was not taken, perhaps because it is there, created by a request without
        reply."""
        if self._team is None:
            self._team = await self._client.team(self._team_key)
        try:
            return await self._client.create(issue, self._team, **issue_fields(alert, self._origin))
        except Rejected:
            if await self._client.find(issue) is None:
                raise
            return None

    def _complain(self, level: int, complaint: str) -> None:
        """Once, until something was told again."""
        if complaint != self._complaint:
            self._complaint = complaint
            log.log(level, "linear.not_told", extra=fields(error=complaint))
