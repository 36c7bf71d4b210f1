"""A/B tests of sales messages: each fan gets one of several texts, and says by what they do which
of them works.

Fans are assigned for ever, and heard once. When an experiment has ended, its figures stay as they
are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, to_builtins

from knowledge import store
from knowledge.experimentlessons import lesson
from knowledge.experimentresults import Tally, VariantResult, proven, results
from knowledge.experimentsplit import place
from knowledge.experimenttables import ExperimentRow
from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot, Tx
from server.persistence.owners import check_room, lock_owner
from server.persistence.prepared import Prepared, as_json

EXPERIMENTS_MAX = 500
"""Of one creator, ended ones among them."""

NOT_FOUND = "There is no such experiment."
ENDED = "The experiment has ended."


class Variant(Struct, frozen=True, kw_only=True):
    """``weight``: its share of the fans, against those of the others."""

    key: str
    text: str
    weight: int = 1


class Experiment(Struct, frozen=True, kw_only=True):
    """The first of ``variants`` is the control, what the others are compared with."""

    id: UUID
    name: str
    variants: tuple[Variant, ...]
    winner: str | None
    created_at: datetime
    ended_at: datetime | None

    @property
    def keys(self) -> list[str]:
        return [variant.key for variant in self.variants]

    def variant(self, key: str) -> Variant:
        return next(variant for variant in self.variants if variant.key == key)


async def create(
    tx: Tx, id: UUID, creator: UUID, name: str, variants: Sequence[Variant], now: datetime
) -> Experiment:
    """
    Raises:
        Conflict: the creator has as many as one may have.
    """
    await lock_owner(tx, creator)
    theirs = ExperimentRow.user_id == creator
    await check_room(tx, theirs, most=EXPERIMENTS_MAX, things="experiments")
    kept = as_json(to_builtins(variants))
    row = await _INSERT.one(tx, id=id, user=creator, name=name, variants=kept, now=now)
    return _experiment(row)


async def find(tx: Tx | Snapshot, id: UUID, creator: UUID) -> Experiment:
    """
    Raises:
        NotFound: the creator has no such experiment.
    """
    return _found(await _FIND.row(tx, id=id, user=creator))


async def list_experiments(
    tx: Tx | Snapshot, creator: UUID, *, before: UUID | None, limit: int
) -> list[Experiment]:
    """Newest first, older than ``before``."""
    rows = await _LIST.rows(tx, user=creator, before=before, most=limit)
    return [_experiment(row) for row in rows]


async def remove(tx: Tx, id: UUID, creator: UUID) -> bool:
    """With its fans. False: the creator has no such experiment."""
    return bool(await _DELETE.value(tx, id=id, user=creator))


async def read_results(
    tx: Tx | Snapshot, experiments: Sequence[Experiment]
) -> dict[UUID, list[VariantResult]]:
    """What each of them shows so far, by id."""
    tallies: dict[UUID, dict[str, Tally]] = {one.id: {} for one in experiments}
    for row in await _TALLY.rows(tx, ids=list(tallies)):
        tallies[row["experiment_id"]][row["variant"]] = Tally(
            assigned=row["assigned"],
            reported=row["reported"],
            converted=row["converted"],
            revenue=NanoUsd(int(row["revenue"])),
        )
    return {one.id: results(one.keys, tallies[one.id]) for one in experiments}


async def assign(tx: Tx, id: UUID, creator: UUID, fan: str, now: datetime) -> Variant:
    """The fan's variant, the same whenever it is asked for.

    Raises:
        NotFound: the creator has no such experiment.
        Conflict: it has ended, and the fan was not in it.
    """
    experiment = await _hold(tx, id, creator)
    if experiment.ended_at is None:
        number = place(id, fan, [variant.weight for variant in experiment.variants])
        chosen = experiment.variants[number]
        await _ASSIGN.run(tx, id=id, fan=fan, variant=chosen.key, now=now)
        return chosen
    subject = await _SUBJECT.row(tx, id=id, fan=fan)
    if subject is None:
        raise Conflict(ENDED)
    return experiment.variant(subject["variant"])


async def report(
    tx: Tx,
    id: UUID,
    creator: UUID,
    fan: str,
    *,
    converted: bool,
    revenue: NanoUsd | None,
    now: datetime,
) -> None:
    """What the fan did. The same again changes nothing.

    Raises:
        NotFound: the creator has no such experiment, or that fan is not in it.
        Conflict: something else was reported of the fan, or the experiment has ended.
    """
    experiment = await _hold(tx, id, creator)
    subject = await _LOCK_SUBJECT.row(tx, id=id, fan=fan)
    if subject is None:
        raise NotFound("This fan has not been assigned to the experiment.")
    if subject["converted"] is not None:
        if (subject["converted"], subject["revenue"]) != (converted, revenue):
            raise Conflict("Something else has been reported of this fan.")
        return
    if experiment.ended_at is not None:
        raise Conflict(ENDED)
    await _REPORT.run(tx, id=id, fan=fan, converted=converted, revenue=revenue, now=now)


async def end(
    tx: Tx, id: UUID, creator: UUID, winner: str | None, *, insight: UUID, now: datetime
) -> Experiment:
    """``winner`` None: the variant that the figures prove to be the best, if any. Agents are told
    of it by an insight, which is to be announced once this is committed. Again, with the same
    winner or none, it changes nothing.

    Raises:
        NotFound: the creator has no such experiment.
        Invalid: there is no variant ``winner``.
        Conflict: it has ended with another winner.
    """
    experiment = _found(await _LOCK.row(tx, id=id, user=creator))
    if winner is not None and winner not in experiment.keys:
        raise Invalid("The experiment has no such variant.", path="$.winner")
    if experiment.ended_at is not None:
        if winner not in (None, experiment.winner):
            raise Conflict(ENDED)
        return experiment
    shown = (await read_results(tx, [experiment]))[id]
    decided = winner or proven(shown)
    if decided is not None:
        texts = {variant.key: variant.text for variant in experiment.variants}
        learned = lesson(id, experiment.name, texts, shown, decided)
        if learned is not None:
            await store.add(tx, insight, creator, learned, now)
    return _experiment(await _END.one(tx, id=id, winner=decided, now=now))


async def _hold(tx: Tx, id: UUID, creator: UUID) -> Experiment:
    """Until this transaction is over, nobody ends it."""
    return _found(await _SHARE.row(tx, id=id, user=creator))


def _found(row: Any) -> Experiment:
    if row is None:
        raise NotFound(NOT_FOUND)
    return _experiment(row)


def _experiment(row: Any) -> Experiment:
    return convert(dict(row), Experiment)


_COLUMNS = "id, name, variants, winner, created_at, ended_at"

_ONE = f"SELECT {_COLUMNS} FROM experiments WHERE id = :id AND user_id = :user"  # noqa: S608 - the columns are ours

_INSERT = Prepared(f"""
INSERT INTO experiments (id, user_id, name, variants, created_at)
VALUES (:id, :user, :name, :variants, :now)
RETURNING {_COLUMNS}
""")  # noqa: S608 - the columns are ours

_FIND = Prepared(_ONE)
_SHARE = Prepared(f"{_ONE} FOR KEY SHARE")
_LOCK = Prepared(f"{_ONE} FOR UPDATE")

_LIST = Prepared(f"""
SELECT {_COLUMNS} FROM experiments
WHERE user_id = :user AND (CAST(:before AS uuid) IS NULL OR id < :before)
ORDER BY id DESC LIMIT :most
""")  # noqa: S608 - the columns are ours

_DELETE = Prepared("DELETE FROM experiments WHERE id = :id AND user_id = :user RETURNING true")

_TALLY = Prepared("""
SELECT experiment_id, variant, count(*) AS assigned, count(converted) AS reported,
  count(*) FILTER (WHERE converted) AS converted,
  coalesce(sum(revenue), 0) AS revenue
FROM experiment_subjects WHERE experiment_id = ANY(CAST(:ids AS uuid[]))
GROUP BY experiment_id, variant
""")

_ASSIGN = Prepared("""
INSERT INTO experiment_subjects (experiment_id, fan_id, variant, assigned_at)
VALUES (:id, :fan, :variant, :now) ON CONFLICT DO NOTHING
""")

_SUBJECT = Prepared("""
SELECT variant FROM experiment_subjects WHERE experiment_id = :id AND fan_id = :fan
""")

_LOCK_SUBJECT = Prepared("""
SELECT converted, revenue FROM experiment_subjects
WHERE experiment_id = :id AND fan_id = :fan FOR UPDATE
""")

_REPORT = Prepared("""
UPDATE experiment_subjects SET converted = :converted, revenue = :revenue, reported_at = :now
WHERE experiment_id = :id AND fan_id = :fan
""")

_END = Prepared(f"""
UPDATE experiments SET winner = :winner, ended_at = :now WHERE id = :id RETURNING {_COLUMNS}
""")  # noqa: S608 - the columns are ours
