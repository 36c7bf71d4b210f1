"""What HTTP handlers may use: built once by the composition root, carried in lifespan state."""

from collections.abc import Callable
from dataclasses import dataclass

from redis.asyncio import Redis

from agents.coordinator import AITeamCoordinator
from agents.providers.health import Health
from agents.providers.registry import Registry
from billing.ledger import Ledger
from billing.pauses import PauseBook
from billing.plans import Plans
from billing.prices import PriceBook
from billing.ratelimit import Limiter
from knowledge.network import AIKnowledgeNetwork
from server.accounts.cookies import Cookies
from server.accounts.endings import Endings
from server.accounts.hosts.signin import HostSignIn
from server.accounts.keys import Keys
from server.accounts.origins import Origins
from server.accounts.passwords import Passwords
from server.accounts.resets import Resets
from server.accounts.sealing import Sealer
from server.accounts.signups import SignUps
from server.accounts.throttle import Throttle
from server.accounts.tickets import Tickets
from server.accounts.tokens import Authenticator
from server.domain.clock import Clock
from server.domain.ids import BootId
from server.mail.mailroom import Mailroom
from server.media.archives import Archives
from server.media.library import MediaLibrary
from server.persistence.bell import Bell
from server.persistence.database import Database
from server.persistence.guardedredis import GuardedRedis
from server.routes.csvs import Downloads
from server.routes.streams import Streams
from server.settings import Settings
from server.telemetry.metrics import Metrics
from server.turns.briefing import Briefer
from server.turns.counting import Counting
from server.turns.engine import TurnEngine
from server.turns.errands import Errands
from server.turns.leaving import Leaver
from server.turns.spool import Spool
from server.turns.thresholds import Thresholds
from server.webhooks.client import Client as WebhookClient

STATE = "services"
"""The key under which the lifespan's state holds ``Services``."""


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """All that knows who somebody is. Sockets use the same ``authenticator`` and ``origins``.
    ``mail_limits`` counts who asks for mails: never without Redis, whatever turns may do; and
    ``exchange_limits`` who exchanges tickets: also without."""

    authenticator: Authenticator
    host: HostSignIn
    origins: Origins
    cookies: Cookies
    keys: Keys
    tickets: Tickets
    passwords: Passwords
    throttle: Throttle
    endings: Endings
    streams: Streams
    sealer: Sealer
    sign_ups: SignUps
    resets: Resets
    mail_limits: Limiter
    exchange_limits: Limiter


@dataclass(frozen=True, kw_only=True)
class Services:
    """``mail`` None: nobody has said how it is sent. ``agents``: names that calls go by."""

    settings: Settings
    database: Database
    redis: GuardedRedis
    accounts: Accounts
    engine: TurnEngine
    ledger: Ledger
    plans: Plans
    thresholds: Thresholds
    prices: PriceBook
    pauses: PauseBook
    counting: Counting
    errands: Errands
    registry: Registry
    agents: tuple[str, ...]
    network: AIKnowledgeNetwork
    briefer: Briefer
    coordinator: AITeamCoordinator
    health: Health
    metrics: Metrics
    spool: Spool
    media: MediaLibrary
    archives: Archives
    downloads: Downloads
    leaver: Leaver
    mail: Mailroom | None
    webhooks: WebhookClient
    ring_courier: Callable[[], None]
    outbox_lag_s: Callable[[], float]
    boot: BootId
    clock: Clock
    version: str


def build_accounts(
    settings: Settings,
    database: Database,
    redis: Redis,
    bell: Bell,
    host: HostSignIn,
    *,
    clock: Clock,
) -> Accounts:
    endings = Endings(bell)
    return Accounts(
        authenticator=Authenticator(database, clock=clock, host=host if host.is_asked else None),
        host=host,
        origins=Origins(settings.origin, settings.allowed_origins),
        cookies=Cookies(secure=settings.is_secure, clock=clock),
        keys=Keys(clock=clock),
        tickets=Tickets(clock=clock),
        passwords=Passwords(),
        endings=endings,
        streams=Streams(endings, bell.watch),
        sign_ups=SignUps(database, clock=clock),
        resets=Resets(database, clock=clock),
        mail_limits=Limiter(redis, clock=clock),
        exchange_limits=Limiter(redis, fail_open=True, clock=clock),
        sealer=Sealer(settings.sealing_key, settings.secret_key_previous),
        throttle=Throttle(
            redis,
            per_account=settings.sign_in_failures,
            per_address=settings.sign_in_failures_per_address,
            clock=clock,
        ),
    )
