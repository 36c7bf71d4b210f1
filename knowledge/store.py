"""Insights: kept, merged, found, taken back.

Retracted ones stay ninety days as a mark: what was taken back is not learned again. Those whose
place another took stay as long, to be read.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import convert

from knowledge.asking import asked
from knowledge.decay import DECAYED
from knowledge.duplicates import (
    Standing,
    fingerprint,
    merged_confidence,
    merged_data,
    merged_tags,
)
from knowledge.feedback import learned
from knowledge.languages import CONFIGURATION
from knowledge.ranking import RELEVANCE_MIN, Candidate
from knowledge.redaction import redact
from knowledge.tables import LIVE
from server.domain.errors import NotFound
from server.domain.insights import Insight, InsightKind, NewInsight
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared, as_json

KEEP = 500
"""Live insights of one creator: beyond, those of least confidence go, but never the one that was
said last. Each recall weighs all of them."""

CANDIDATES = 50
"""That a recall reads: several times what a prompt has room for."""

_COLUMNS = """id, audience, kind, source, text, language, confidence, confidence_at, data, tags,
  creators, seen, helped, hindered, created_at, retracted_at, superseded_by"""


async def add(
    tx: Tx,
    id: UUID,
    creator: UUID,
    new: NewInsight,
    now: datetime,
    *,
    supersedes: UUID | None = None,
) -> Insight:
    """Keep ``new``, in the place of ``supersedes``. Answers what is kept of it: itself; the one
    that said the same before, now merged with it; or the retracted one that did, left as it is.
    The same ``id`` again changes nothing.

    Raises:
        NotFound: the creator has no live insight ``supersedes``.
        Forbidden: the creator is leaving.
    """
    same = {"user": creator, "kind": new.kind.value, "fingerprint": fingerprint(new.text)}
    kept = await _RETRACTED.row(tx, **same)
    if kept is None:
        kept = await _INSERT.row(tx, **same, **_values(id, new), now=now)
        while kept is None:  # one says the same, unless it has gone by the time we hold it
            kept = await _merge(tx, same, id, new, now) or await _INSERT.row(
                tx, **same, **_values(id, new), now=now
            )
    insight = _insight(kept)
    if supersedes is not None and insight.id != supersedes and insight.retracted_at is None:
        replaced = await _SUPERSEDE.value(tx, old=supersedes, user=creator, new=insight.id)
        if not replaced:
            raise NotFound("There is no such insight.")
    await _DROP_WEAKEST.run(tx, user=creator, kept=insight.id, now=now)
    await _DROP_GONE.run(tx, user=creator, now=now)
    return insight


def _values(id: UUID, new: NewInsight) -> dict[str, object]:
    return {
        "id": id,
        "source": new.source,
        "text": new.text,
        "language": new.language,
        "confidence": new.confidence,
        "data": as_json(new.data),
        "tags": as_json(new.tags),
        "people": as_json(new.people),
        "shape": fingerprint(redact(new.text, new.people)),
    }


async def _merge(tx: Tx, same: dict[str, Any], id: UUID, new: NewInsight, now: datetime) -> Any:
    old = await _LOCK_SAME.row(tx, **same)
    if old is None or old["id"] == id:
        return old
    people = tuple(dict.fromkeys([*old["people"], *new.people]))
    return await _MERGE.row(
        tx,
        id=old["id"],
        confidence=merged_confidence(convert(dict(old), Standing), new.confidence, now),
        now=now,
        data=as_json(merged_data(old["data"], new.data)),
        tags=as_json(merged_tags(old["tags"], new.tags)),
        people=as_json(people),
        shape=fingerprint(redact(old["text"], people)),
    )


async def find(tx: Tx | Snapshot, id: UUID, creator: UUID) -> Insight | None:
    """The creator's own, whatever became of it, or a shared one."""
    row = await _FIND.row(tx, id=id, user=creator)
    return None if row is None else _insight(row)


async def list_insights(
    tx: Tx | Snapshot,
    creator: UUID,
    *,
    kind: InsightKind | None,
    before: UUID | None,
    limit: int,
) -> list[Insight]:
    """The creator's own live ones, newest first, older than ``before``."""
    kind_value = None if kind is None else kind.value
    rows = await _LIST.rows(tx, user=creator, kind=kind_value, before=before, most=limit)
    return [_insight(row) for row in rows]


async def candidates(
    tx: Tx | Snapshot, creator: UUID, kinds: Collection[InsightKind], text: str, now: datetime
) -> list[Candidate]:
    """The creator's live insights and shared ones, of ``kinds``, that promise most for a request
    that says ``text``. In no order: ``ranking`` says it."""
    rows = await _CANDIDATES.rows(
        tx,
        user=creator,
        kinds=[kind.value for kind in kinds],
        text=asked(text),
        now=now,
        most=CANDIDATES,
    )
    return [Candidate(insight=_insight(row), match=row["match"]) for row in rows]


async def retract(tx: Tx, id: UUID, creator: UUID, now: datetime) -> bool:
    """Take it back. False: the creator has no such live insight."""
    return bool(await _RETRACT.value(tx, id=id, user=creator, now=now))


async def note_outcome(
    tx: Tx, id: UUID, creator: UUID, *, key: str, helped: bool, now: datetime
) -> Insight | None:
    """Of having used it; ``key`` names the occasion, and counts once. None: the creator has no
    such live insight."""
    old = await _LOCK.row(tx, id=id, user=creator, now=now)
    if old is None:
        return None
    if not await _NOTE.value(tx, id=id, key=key, helped=helped, now=now):
        return _insight(old)
    confidence = learned(old["decayed"], helped=helped)
    row = await _LEARN.row(tx, id=id, helped=helped, confidence=confidence, now=now)
    return _insight(row)


def _insight(row: Any) -> Insight:
    return convert(dict(row), Insight)


_SAME = "user_id = :user AND kind = :kind AND fingerprint = :fingerprint"

_INSERT = Prepared(f"""
INSERT INTO insights (id, user_id, audience, kind, source, text, language, confidence,
  confidence_at, data, tags, people, fingerprint, shape, created_at)
VALUES (:id, :user, 'own', :kind, :source, :text, :language, :confidence, :now, :data, :tags,
  :people, :fingerprint, :shape, :now)
ON CONFLICT (user_id, kind, fingerprint) WHERE {LIVE} DO NOTHING
RETURNING {_COLUMNS}
""")  # noqa: S608 - the columns are ours

_RETRACTED = Prepared(f"""
SELECT {_COLUMNS} FROM insights WHERE {_SAME} AND retracted_at IS NOT NULL LIMIT 1
""")  # noqa: S608 - the columns are ours

_LOCK_SAME = Prepared(f"""
SELECT {_COLUMNS}, people FROM insights WHERE {_SAME} AND {LIVE} FOR UPDATE
""")  # noqa: S608 - the columns are ours

_MERGE = Prepared(f"""
UPDATE insights SET confidence = :confidence, confidence_at = :now, seen = seen + 1, data = :data,
  tags = :tags, people = :people, shape = :shape
WHERE id = :id
RETURNING {_COLUMNS}
""")  # noqa: S608 - the columns are ours

_SUPERSEDE = Prepared(f"""
UPDATE insights SET superseded_by = :new WHERE id = :old AND user_id = :user AND {LIVE}
RETURNING true
""")  # noqa: S608 - the condition is ours

_DROP_WEAKEST = Prepared(f"""
DELETE FROM insights WHERE id IN (
  SELECT id FROM insights WHERE user_id = :user AND {LIVE}
  ORDER BY id = :kept DESC, {DECAYED} DESC, id DESC OFFSET {KEEP})
""")  # noqa: S608 - the condition is ours

_DROP_GONE = Prepared("""
DELETE FROM insights
WHERE user_id = :user
  AND (retracted_at < CAST(:now AS timestamptz) - interval '90 days'
       OR superseded_by IS NOT NULL
          AND confidence_at < CAST(:now AS timestamptz) - interval '90 days')
""")

_FIND = Prepared(f"""
SELECT {_COLUMNS} FROM insights WHERE id = :id AND (user_id = :user OR user_id IS NULL)
""")  # noqa: S608 - the columns are ours

_LIST = Prepared(f"""
SELECT {_COLUMNS} FROM insights
WHERE user_id = :user AND {LIVE}
  AND (CAST(:kind AS text) IS NULL OR kind = :kind)
  AND (CAST(:before AS uuid) IS NULL OR id < :before)
ORDER BY id DESC LIMIT :most
""")  # noqa: S608 - the columns are ours

_CANDIDATES = Prepared(f"""
WITH mine AS MATERIALIZED (
  SELECT {_COLUMNS}, words FROM insights
  WHERE {LIVE} AND user_id = :user AND kind = ANY(CAST(:kinds AS text[]))
  UNION ALL
  SELECT {_COLUMNS}, words FROM insights
  WHERE {LIVE} AND user_id IS NULL AND kind = ANY(CAST(:kinds AS text[]))
), asked AS MATERIALIZED (
  SELECT language, CAST(replace(CAST(
    plainto_tsquery({CONFIGURATION}, CAST(:text AS text)) AS text), '&', '|') AS tsquery) AS query
  FROM (SELECT DISTINCT language FROM mine) AS spoken
), matched AS (
  SELECT mine.*, CAST(ts_rank('{{1, 1, 1, 1}}', words, query) AS float8) AS match
  FROM mine JOIN asked USING (language)
)
SELECT {_COLUMNS}, match FROM matched
ORDER BY {DECAYED} * ({RELEVANCE_MIN} + match) DESC, id DESC LIMIT :most
""")  # noqa: S608 - the columns are ours
"""Any word counts, so that the more are found, the better (``plainto_tsquery`` asks for all). All
weights are 1: then ``ts_rank`` is near the share of the words that are found."""

_RETRACT = Prepared(f"""
UPDATE insights SET retracted_at = :now WHERE id = :id AND user_id = :user AND {LIVE}
RETURNING true
""")  # noqa: S608 - the condition is ours

_LOCK = Prepared(f"""
SELECT {_COLUMNS}, {DECAYED} AS decayed FROM insights
WHERE id = :id AND user_id = :user AND {LIVE} FOR UPDATE
""")  # noqa: S608 - the columns are ours

_NOTE = Prepared("""
INSERT INTO insight_feedback (insight_id, key, helped, at) VALUES (:id, :key, :helped, :now)
ON CONFLICT DO NOTHING RETURNING true
""")

_LEARN = Prepared(f"""
UPDATE insights SET confidence = :confidence, confidence_at = :now,
  helped = helped + CAST(CAST(:helped AS boolean) AS int),
  hindered = hindered + CAST(NOT CAST(:helped AS boolean) AS int)
WHERE id = :id RETURNING {_COLUMNS}
""")  # noqa: S608 - the columns are ours
