"""Every environment variable that can be set, its bounds, and what it is for.

``.env.example`` and ``docs/configuration.md`` are generated from here by ``make docs``, so a
setting is described in this one place.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, TypeAlias

from msgspec import Meta, structs

from server import environment, hostsettings, modelsettings
from server.domain.money import MICROS_PER_CREDIT, NANOS_PER_USD, MicroCredits, NanoUsd
from server.environment import Network, SettingsError, about
from server.hostsettings import HostSettings
from server.limits import Count, Seconds

Port: TypeAlias = Annotated[int, Meta(ge=0, le=65_535)]

_RUN, _MONEY = "Running", "Credits, quotas and plans"

_POSTGRES = environment.engine_url("postgresql", "postgres", "postgresql+asyncpg")
_REDIS = environment.engine_url("redis", "rediss", "unix")


class Engines(NamedTuple):
    """Addresses of PostgreSQL and of Redis, passwords included."""

    database: str
    redis: str


class Settings(HostSettings, frozen=True, kw_only=True, rename="upper"):
    """What the environment says; made by ``load``. Amounts are integers of their unit."""

    database_url: Annotated[
        str | None,
        about(
            _RUN,
            "Address of PostgreSQL 15 or newer. Unset: a private one is started under `DATA_DIR`.",
            parse=_POSTGRES,
            secret=True,
        ),
    ] = None
    redis_url: Annotated[
        str | None,
        about(
            _RUN,
            "Address of Redis 7 or Valkey. Unset: a private one is started under `DATA_DIR`.",
            parse=_REDIS,
            secret=True,
        ),
    ] = None
    elasticache_redis_host: Annotated[
        str | None, about(_RUN, "Host of an ElastiCache Redis; used where `REDIS_URL` is unset.")
    ] = None
    elasticache_redis_port: Annotated[Port, about(_RUN, "Its port.")] = 6379
    data_dir: Annotated[str, about(_RUN, "Folder of all that is kept on this machine.")] = ".data"
    host: Annotated[str, about(_RUN, "Address to listen on.")] = "127.0.0.1"
    port: Annotated[Port, about(_RUN, "Port to listen on; 0 takes a free one and says which.")] = (
        8000
    )
    public_url: Annotated[
        str | None,
        about(
            _RUN,
            "What the browser's address bar shows: own origin, links, Secure cookies when https.",
            parse=environment.origin,
            otherwise="http://HOST:PORT",
        ),
    ] = None
    secret_key: Annotated[
        str | None,
        about(
            _RUN,
            "Encrypts secrets that are kept for users, such as tokens of platforms; at least 32 "
            "random characters, the same for every process.",
            parse=environment.secret_key,
            secret=True,
            otherwise="kept in DATA_DIR",
        ),
    ] = None
    secret_key_previous: Annotated[
        tuple[str, ...],
        about(
            _RUN,
            "Earlier `SECRET_KEY`s, separated by commas: what they encrypted can still be read.",
            parse=environment.secret_keys,
            secret=True,
        ),
    ] = ()
    allowed_origins: Annotated[
        tuple[str, ...],
        about(
            _RUN,
            "Further origins whose pages may use this server, separated by commas.",
            parse=environment.origins,
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[Network, ...],
        about(
            _RUN,
            "Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed.",
            parse=environment.networks,
        ),
    ] = ()
    metrics_token: Annotated[
        str | None,
        about(
            _RUN,
            "Bearer token that `/metrics` asks for. Unset: it answers loopback only.",
            secret=True,
        ),
    ] = None
    drain_seconds: Annotated[
        Seconds, about(_RUN, "How long running turns may go on after SIGTERM.")
    ] = 25.0
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        about(_RUN, "The least important log line that is written."),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "text"],
        about(_RUN, "One JSON object a line, or text; auto is text on a terminal."),
    ] = "auto"
    signup_credits: Annotated[
        MicroCredits,
        about(
            _MONEY, "Credits that a new user starts with.", parse=environment.credits, shown="1000"
        ),
    ] = MicroCredits(1_000 * MICROS_PER_CREDIT)
    credits_per_usd: Annotated[
        Count, about(_MONEY, "Credits that one dollar of provider cost is worth.")
    ] = 1_000
    quota_starter_usd: Annotated[
        NanoUsd | None,
        about(
            _MONEY,
            "Dollars a month on the starter plan; 999999 or more means no limit.",
            parse=environment.quota,
            shown="10",
        ),
    ] = NanoUsd(10 * NANOS_PER_USD)
    quota_pro_usd: Annotated[
        NanoUsd | None,
        about(
            _MONEY,
            "Dollars a month on the pro plan; 999999 or more means no limit.",
            parse=environment.quota,
            shown="50",
        ),
    ] = NanoUsd(50 * NANOS_PER_USD)
    quota_business_usd: Annotated[
        NanoUsd | None,
        about(
            _MONEY,
            "Dollars a month on the business plan.",
            parse=environment.quota,
            otherwise="no limit",
        ),
    ] = None
    rate_starter_per_hour: Annotated[
        Count, about(_MONEY, "Requests an hour on the starter plan.")
    ] = 50
    rate_pro_per_hour: Annotated[Count, about(_MONEY, "Requests an hour on the pro plan.")] = 100
    rate_business_per_hour: Annotated[
        Count, about(_MONEY, "Requests an hour on the business plan.")
    ] = 500
    rate_test_per_hour: Annotated[
        Count, about(_MONEY, "Requests an hour to `/api/ai/test` on any plan.")
    ] = 100
    running_turns_starter: Annotated[Count, about(_MONEY, "Turns at once on the starter plan.")] = (
        20
    )
    running_turns_pro: Annotated[Count, about(_MONEY, "Turns at once on the pro plan.")] = 50
    running_turns_business: Annotated[
        Count, about(_MONEY, "Turns at once on the business plan.")
    ] = 200
    rate_limit_fail_open: Annotated[
        bool,
        about(
            _MONEY, "Admit turns while Redis, which counts them, is away.", parse=environment.flag
        ),
    ] = False
    partial_failure_policy: Annotated[
        Literal["refund", "charge_delivered"],
        about(_MONEY, "What a turn costs that failed after part of its answer."),
    ] = "refund"

    owns_engines: bool = False
    """Not from the environment: this process started the database, so whatever an earlier one left
    behind in it is nobody else's."""

    @property
    def origin(self) -> str:
        """Our own origin, as browsers see it; who listens everywhere is met on loopback."""
        if self.public_url:
            return self.public_url
        host = environment.LOOPBACK_OF.get(self.host, self.host)
        return environment.origin(f"http://{f'[{host}]' if ':' in host else host}:{self.port}")

    @property
    def is_secure(self) -> bool:
        """Browsers reach us by TLS, so cookies are Secure."""
        return self.origin.startswith("https:")

    @property
    def starts_engines(self) -> bool:
        """Whether an engine must be started here, because its address is not set."""
        return self.database_url is None or self.redis_url is None

    @property
    def engines(self) -> Engines:
        """Both addresses.

        Raises:
            SettingsError: one is unset, and nobody has said where a private engine runs.
        """
        if self.database_url is None:
            raise SettingsError("DATABASE_URL: required here")
        if self.redis_url is None:
            raise SettingsError("REDIS_URL: required here")
        return Engines(self.database_url, self.redis_url)

    @property
    def sealing_key(self) -> str:
        """``secret_key``. Raises SettingsError: it is unset, and none was made for this machine."""
        if self.secret_key is None:
            raise SettingsError("SECRET_KEY: required here")
        return self.secret_key

    def secrets(self) -> tuple[str, ...]:
        """All values that must never be shown, for the redaction of logs."""
        return environment.secrets_of(self)

    def __repr__(self) -> str:
        hidden = environment.secret_fields(Settings)
        shown = (
            f"{field.encode_name}={'***' if field.name in hidden else value!r}"
            for field in structs.fields(Settings)
            if (value := getattr(self, field.name)) != field.default
        )
        return f"Settings({', '.join(shown)})"


def load(environ: Mapping[str, str]) -> Settings:
    """Read and check the environment; names that are not ours are left alone.

    Raises:
        SettingsError: one line that names the variable and says what was expected.
    """
    settings = environment.read(Settings, environ)
    if settings.redis_url is None and settings.elasticache_redis_host is not None:
        host, port = settings.elasticache_redis_host, settings.elasticache_redis_port
        settings = structs.replace(settings, redis_url=f"redis://{host}:{port}/0")
    if settings.commands_burst < settings.commands_per_second:
        raise SettingsError("COMMANDS_BURST: expected at least COMMANDS_PER_SECOND")
    if settings.body_bytes < settings.frame_bytes:
        raise SettingsError("BODY_BYTES: expected at least FRAME_BYTES, REST takes the same input")
    modelsettings.check(settings)
    hostsettings.check(settings)
    urls = (settings.database_url, settings.redis_url)
    if settings.failpoints and (settings.is_secure or not all(map(environment.is_local, urls))):
        raise SettingsError("FAILPOINTS: kills processes; refused with https or engines elsewhere")
    return settings


def with_engines(settings: Settings, *, database_url: str, redis_url: str, owned: bool) -> Settings:
    """The same settings, once private engines are known: they stand in for what is unset.
    ``owned``: this process started them."""
    return structs.replace(
        settings,
        database_url=settings.database_url or database_url,
        redis_url=settings.redis_url or redis_url,
        owns_engines=owned and settings.database_url is None,
    )


def with_secret_key(settings: Settings, key: str) -> Settings:
    return structs.replace(settings, secret_key=key)


def with_origin(settings: Settings, origin: str) -> Settings:
    """The same settings, where somebody else serves them and says at which origin."""
    return structs.replace(settings, public_url=settings.public_url or origin)


def with_port(settings: Settings, port: int) -> Settings:
    """The same settings, once the system has chosen a port for ``PORT=0``."""
    return structs.replace(settings, port=port)
