"""From which figures on incidents open: what settings say, and what admins chose instead.

Each choice is a row that says all that is chosen from then on. Whoever looks for incidents reads
the newest with every round, so a choice holds within seconds and without a restart.
"""

from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs, to_builtins
from sqlalchemy import insert, select, text

from billing.alerttables import ThresholdsRow
from server.alertsettings import AlertSettings, Percent
from server.domain.ids import new_id
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot, Tx

Watched = TypeVar("Watched", bound=AlertSettings)

CHOICE_LOCK = 1_953_657_699
"""Number of the advisory lock under which one choice follows the other: ``trhc`` in ASCII."""

Minutes = Annotated[int, Meta(ge=0, le=1_440)]


class Chosen(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What admins chose, by the names of the settings; what is absent is as settings have it.
    ``alert_daily_cost_usd`` None: no day is too dear."""

    alert_daily_cost_usd: NanoUsd | UnsetType | None = UNSET
    alert_error_percent: Percent | UnsetType = UNSET
    burst_block_minutes: Minutes | UnsetType = UNSET

    @property
    def names(self) -> list[str]:
        """Of what is chosen."""
        return [name for name, value in structs.asdict(self).items() if value is not UNSET]


class Choice(Struct, frozen=True, kw_only=True):
    """``set_at`` None: nobody has ever chosen anything."""

    chosen: Chosen
    set_at: datetime | None
    set_by: UUID | None


NONE = Choice(chosen=Chosen(), set_at=None, set_by=None)

_NEWEST = (
    select(ThresholdsRow.chosen, ThresholdsRow.set_at, ThresholdsRow.set_by)
    .order_by(ThresholdsRow.id.desc())
    .limit(1)
)


async def current(tx: Snapshot | Tx) -> Choice:
    row = (await tx.execute(_NEWEST)).one_or_none()
    if row is None:
        return NONE
    return Choice(chosen=convert(row.chosen, Chosen), set_at=row.set_at, set_by=row.set_by)


async def begin(tx: Tx) -> Choice:
    """``current``, for whoever changes it: of two at once the second sees what the first chose."""
    await tx.execute(text(f"SELECT pg_advisory_xact_lock({CHOICE_LOCK})"))
    return await current(tx)


async def choose(tx: Tx, chosen: Chosen, *, by: UUID | None, now: datetime) -> None:
    """All that is chosen from now on."""
    await tx.execute(
        insert(ThresholdsRow).values(id=new_id(), chosen=to_builtins(chosen), set_at=now, set_by=by)
    )


def in_force(settings: Watched, chosen: Chosen) -> Watched:
    """The settings, with what is chosen instead of them."""
    changes: dict[str, Any] = {
        name: value for name, value in structs.asdict(chosen).items() if value is not UNSET
    }
    return structs.replace(settings, **changes)
