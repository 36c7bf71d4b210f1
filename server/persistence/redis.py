"""The door to Redis/Valkey: its clients, and every key that exists, each with its lifetime or cap.

Nothing of record lives here: a flush loses nothing and counts nothing twice.
"""

from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from server.persistence.guardedredis import GuardedRedis
from server.persistence.redispool import RedisPool

COMMAND_TIMEOUT_S = 2.0
CONNECTIONS = 100
"""Of one client. Whoever comes when all are busy waits: redis-py's own pool refuses him at once,
and a burst of turns would look like an outage."""
BLOCK_MS = 2_000
"""A blocking read waits this long, under a socket timeout that exceeds it."""
BLOCK_TIMEOUT_S = 5.0

JOURNAL_LIVE_S = 60 * 60
JOURNAL_ENDED_S = 15 * 60
USAGE_STREAM = "usage"
"""Trimmed by what every consumer group has acknowledged, never by length alone."""
USAGE_GROUP = "billing"
INSIGHTS_STREAM = "insights"
"""Whose insights have changed, for the caches of all processes: ``INSIGHTS_CAP`` entries."""
INSIGHTS_CAP = 10_000
TRIMMED_STREAMS = frozenset({USAGE_STREAM, INSIGHTS_STREAM})
"""Keys without a lifetime: what they hold is bounded by what was acknowledged, or by length."""

SHARED_KEY = "insights:shared"
"""There while what creators have in common need not be looked for: ``SHARED_TTL_S``."""
SHARED_TTL_S = 60 * 60
LIVE_TTL_S = 5
SIGN_IN_TTL_S = 15 * 60
ANSWER_TTL_S = 5 * 60
PROBE_TTL_S = 10


def open_redis(url: str) -> GuardedRedis:
    """For commands: short timeouts, no retry, since a retried write may be applied twice. While
    Redis is away they fail at once."""
    client = GuardedRedis(connection_pool=_pool(url, COMMAND_TIMEOUT_S))
    client.auto_close_connection_pool = True
    return client


def open_blocking_redis(url: str) -> "Redis":
    """For blocking reads (``BLOCK_MS``) only."""
    return Redis.from_pool(_pool(url, BLOCK_TIMEOUT_S))


def _pool(url: str, timeout_s: float) -> RedisPool:
    return RedisPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=COMMAND_TIMEOUT_S,
        decode_responses=False,
        socket_timeout=timeout_s,
        socket_connect_timeout=COMMAND_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def journal_key(turn: UUID) -> str:
    """Stream of a turn's events; the braces keep both keys of a turn on one cluster node."""
    return f"turn:{{{turn}}}:events"


def journal_state_key(turn: UUID) -> str:
    """Hash of a turn: fence, seq, state."""
    return f"turn:{{{turn}}}:state"


def rate_key(scope: str, name: str) -> str:
    """Sorted set of one sliding window: lives as long as the window."""
    return f"rate:{scope}:{name}"


def slots_key(user: UUID) -> str:
    """Sorted set of the turns that a user runs, scored by the end of each lease."""
    return f"slots:{user}"


def sign_in_key(scope: str, name: str) -> str:
    """Failures of one account or address: lives ``SIGN_IN_TTL_S``."""
    return f"signin:{scope}:{name}"


def live_key(boot: UUID) -> str:
    """What one process runs at this moment, for the admin feed: lives ``LIVE_TTL_S``."""
    return f"live:{boot}"


LIVE_INDEX = "live"
"""Sorted set of the boots that publish such a key, so that nobody scans for them: lives an hour
after the last of them has published."""
LIVE_INDEX_S = 60 * 60


def wake_key(boot: UUID) -> str:
    """Stream that ends a process's own blocked read; one entry, and soon gone."""
    return f"wake:{boot}"


def process_channel(boot: UUID) -> str:
    """Pub/sub: what concerns the turns of one process. Channels keep nothing; they belong to the
    server, whatever the number of its keyspace."""
    return f"bell:process:{boot}"


def user_channel(user: UUID) -> str:
    """Pub/sub: what concerns the sessions of one user, wherever they are."""
    return f"bell:user:{user}"


def answer_key(user: UUID, question: str) -> str:
    """A one-shot answer (``ANSWER_TTL_S``); ``question`` is a digest of all that the model saw."""
    return f"answer:{user}:{question}"


def probe_key(boot: UUID) -> str:
    """What a process writes to see whether it can: lives ``PROBE_TTL_S``."""
    return f"probe:{boot}"
