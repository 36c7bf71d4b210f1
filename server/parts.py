"""Parts of a web process as the settings want them: each is made here and opened by ``process``."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from billing import listprices
from billing.ledger import Ledger
from billing.pauses import PauseBook
from billing.plans import Plans, make_plans
from billing.prices import PriceBook
from server.accounts.hosts.authjs import SessionCookies
from server.accounts.hosts.claims import Terms
from server.accounts.hosts.jwks import open_jwks
from server.accounts.hosts.jwt import Keys, SharedSecret, TokenReader
from server.accounts.hosts.signin import HostSignIn
from server.domain.clock import Clock
from server.domain.errors import AppError
from server.domain.ids import BootId
from server.environment import SettingsError
from server.hostsettings import SESSIONS_ISSUER
from server.media.library import MediaLibrary, MediaLimits
from server.media.storage import open_storage
from server.persistence.database import Database, database_name
from server.providing import configured_prices
from server.settings import Settings
from server.telemetry.logs import fields
from server.telemetry.metrics import Metrics
from server.turns.load import LoadGuard
from server.turns.onboarding import host_user_creator
from server.turns.spool import Spool

log = logging.getLogger(__name__)

SPOOL = "spool"
"""The folder in DATA_DIR for ends of turns that the database could not take."""

PRICES_EVERY_S = 10.0
"""A price that an admin sets takes effect in every process within this time."""

PAUSES_EVERY_S = 2.0
"""Likewise a pause: whoever asks for one is watching money go."""


def plans_of(settings: Settings) -> Plans:
    return make_plans(
        rate_starter_per_hour=settings.rate_starter_per_hour,
        rate_pro_per_hour=settings.rate_pro_per_hour,
        rate_business_per_hour=settings.rate_business_per_hour,
        running_turns_starter=settings.running_turns_starter,
        running_turns_pro=settings.running_turns_pro,
        running_turns_business=settings.running_turns_business,
        quota_starter_usd=settings.quota_starter_usd,
        quota_pro_usd=settings.quota_pro_usd,
        quota_business_usd=settings.quota_business_usd,
        agent_cap_usd=settings.agent_cap_usd,
    )


async def open_books(
    settings: Settings, database: Database, clock: Clock
) -> tuple[PriceBook, PauseBook]:
    """What admission knows without asking: read here for the first time."""
    prices = PriceBook(await listprices.load(), configured_prices(settings))
    pauses = PauseBook(clock)
    async with database.snapshot() as tx:
        await prices.refresh(tx)
        await pauses.refresh(tx)
    return prices, pauses


async def keep_prices(prices: PriceBook, database: Database) -> None:
    """Take in prices that were set elsewhere, for ever."""
    while True:
        await asyncio.sleep(PRICES_EVERY_S)
        try:
            async with database.snapshot() as tx:
                await prices.refresh(tx)
        except (AppError, SQLAlchemyError) as error:
            log.warning("prices.not_refreshed", extra=fields(error=repr(error)))


async def keep_pauses(pauses: PauseBook, database: Database) -> None:
    """Take in what was paused or let go on elsewhere, for ever. What is known stays so while the
    database is away."""
    is_fresh = True
    while True:
        await asyncio.sleep(PAUSES_EVERY_S)
        try:
            async with database.snapshot() as tx:
                await pauses.refresh(tx)
            is_fresh = True
        except (AppError, SQLAlchemyError) as error:
            if is_fresh:
                log.warning("pauses.not_refreshed", extra=fields(error=repr(error)))
            is_fresh = False


def make_guard(settings: Settings, metrics: Metrics) -> LoadGuard:
    guard = LoadGuard(settings.overload_lag_seconds, on_refused=metrics.turn_refused)
    metrics.loop_lag_seconds.set_function(lambda: guard.reading.lag_s)
    metrics.loop_busy_ratio.set_function(lambda: guard.reading.busy)
    return guard


def open_spool(settings: Settings, boot: BootId) -> Spool:
    """Private engines are always those of the folder, at an address that changes with each run."""
    url = settings.engines.database
    name = "private" if settings.owns_engines else database_name(url)
    return Spool(Path(settings.data_dir) / SPOOL, boot, name)


def open_media(settings: Settings, database: Database) -> MediaLibrary:
    try:
        storage = open_storage(settings, Path(settings.data_dir))
    except (ValueError, OSError) as error:
        raise SettingsError(f"MEDIA_URL: {error}") from error
    limits = MediaLimits(
        upload_bytes=settings.upload_bytes,
        user_bytes=settings.media_bytes_per_user,
        pixels=settings.picture_pixels,
    )
    return MediaLibrary(database, storage, limits)


@asynccontextmanager
async def open_host_sign_in(
    settings: Settings, database: Database, ledger: Ledger, clock: Clock
) -> AsyncIterator[HostSignIn]:
    """What the settings say of host applications; they may say nothing."""
    async with AsyncExitStack() as stack:
        keys: Keys | None = None
        if settings.jwt_jwks_url:
            keys = await stack.enter_async_context(open_jwks(settings.jwt_jwks_url))
        elif settings.jwt_secret:
            keys = SharedSecret(settings.jwt_secret)
        tokens = None
        if keys and settings.jwt_issuer and settings.jwt_audience:
            terms = Terms(clock, iss=settings.jwt_issuer, aud=settings.jwt_audience)
            tokens = TokenReader(keys, terms)
        secrets = settings.session_secrets
        yield HostSignIn(
            database,
            host_user_creator(ledger, settings.signup_credits, settings.sealing_key),
            issuer=settings.host_issuer or SESSIONS_ISSUER,
            tokens=tokens,
            cookies=SessionCookies(secrets, clock=clock) if secrets else None,
        )


def product_version() -> str:
    try:
        return version("causerie")
    except PackageNotFoundError:
        return "development"
