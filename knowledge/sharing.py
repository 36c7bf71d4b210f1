"""What creators have in common: insights that several learned by themselves, told to all.

A shared insight is made of nothing but a text that ``CREATORS_MIN`` creators have each arrived at,
without people and contacts: no word crosses that fewer of them have written. Its confidence is the
mean of theirs, so what hinders one of them lowers it for all. It is derived, made anew each time.
"""

from datetime import datetime
from typing import Any

from knowledge.decay import DECAYED
from knowledge.duplicates import fingerprint
from knowledge.redaction import redact
from knowledge.tables import CREATORS_MIN, LIVE
from server.domain.ids import new_id
from server.persistence.database import Tx, allow
from server.persistence.prepared import Prepared

KEEP = 200
"""Shared insights: those of most creators. Every recall of anybody weighs them all."""

SOURCE = "creators"

STATEMENT_S = 60.0
"""A million insights are counted in some seconds."""


async def share(tx: Tx, now: datetime) -> int:
    """Bring shared insights to what creators have learned by now; answers how many there are. Of
    two at the same time, one waits for the other and finds its work done."""
    await allow(tx, STATEMENT_S)
    await _LOCK.run(tx)
    kept = []
    for row in await _COMMON.rows(tx, now=now, least=CREATORS_MIN, most=KEEP):
        text = redact(row["text"], row["people"])
        kept.append(await _PUT.value(tx, id=new_id(), now=now, **_values(row, text)))
    await _DROP_OTHERS.run(tx, kept=kept)
    return len(kept)


def _values(row: Any, text: str) -> dict[str, object]:
    return {
        "source": SOURCE,
        "kind": row["kind"],
        "text": text,
        "language": row["language"],
        "confidence": row["mean"],
        "creators": row["creators"],
        "seen": row["seen"],
        "fingerprint": fingerprint(text),
    }


_LOCK = Prepared("SELECT pg_advisory_xact_lock(1936220517)")
"""The number: "shae" in ASCII."""

_COMMON = Prepared(f"""
WITH sure AS (
  SELECT kind, shape, user_id, max({DECAYED}) AS confidence, sum(seen) AS seen
  FROM insights WHERE audience = 'own' AND {LIVE} GROUP BY kind, shape, user_id
), common AS (
  SELECT kind, shape, count(*) AS creators, avg(confidence) AS mean, sum(seen) AS seen
  FROM sure GROUP BY kind, shape HAVING count(*) >= CAST(:least AS bigint)
  ORDER BY count(*) DESC, kind, shape LIMIT :most
)
SELECT common.kind, creators, mean, CAST(common.seen AS bigint) AS seen,
  one.text, one.people, one.language
FROM common CROSS JOIN LATERAL (
  SELECT text, people, language FROM insights
  WHERE kind = common.kind AND shape = common.shape AND audience = 'own' AND {LIVE}
  ORDER BY id LIMIT 1) AS one
""")  # noqa: S608 - the conditions are ours

_PUT = Prepared(f"""
INSERT INTO insights (id, audience, kind, source, text, language, confidence, confidence_at, data,
  tags, people, fingerprint, shape, creators, seen, created_at)
VALUES (:id, 'shared', :kind, :source, :text, :language, :confidence, :now, '{{}}', '[]', '[]',
  :fingerprint, :fingerprint, :creators, :seen, :now)
ON CONFLICT (user_id, kind, fingerprint) WHERE {LIVE} DO UPDATE SET
  text = excluded.text, confidence = excluded.confidence, confidence_at = excluded.confidence_at,
  creators = excluded.creators, seen = excluded.seen
RETURNING id
""")  # noqa: S608 - the condition is ours

_DROP_OTHERS = Prepared("""
DELETE FROM insights WHERE user_id IS NULL AND NOT id = ANY(CAST(:kept AS uuid[]))
""")
