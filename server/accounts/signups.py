"""Signing up: nobody is made before the owner of the e-mail address has said yes."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from server.accounts.secrets import LINK_PREFIX, digest, new_secret
from server.domain.clock import Clock
from server.domain.errors import AppError, Unauthenticated
from server.domain.ids import new_id
from server.persistence import signups
from server.persistence.database import Database, Tx
from server.persistence.signups import NewSignUp, SignUp
from server.telemetry.logs import fields

SIGN_UP_LIFETIME = timedelta(hours=24)
"""A mail may be read the next morning."""

FORGOTTEN_EVERY_S = 60 * 60.0
"""Until a sign-up that nobody confirmed is gone, with the address and password in it."""

log = logging.getLogger(__name__)


class SignUps:
    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, *, email: str, name: str, password_hash: str) -> str:
        """Let it wait; answers the secret for the mail. There may be several for one address: each
        has the password that was chosen with it, and the first to be confirmed makes the user."""
        secret = new_secret(LINK_PREFIX)
        sign_up = NewSignUp(
            id=new_id(),
            email=email,
            name=name,
            password_hash=password_hash,
            secret_hash=digest(secret),
            expires_at=self._clock() + SIGN_UP_LIFETIME,
        )
        await self._database.single(lambda tx: signups.insert_sign_up(tx, sign_up))
        return secret

    async def take(self, tx: Tx, secret: str) -> SignUp:
        """Raises Unauthenticated: unknown, expired or confirmed."""
        found = await signups.take(tx, digest(secret), self._clock())
        if found is None:
            raise Unauthenticated("This link has expired or was used already.")
        return found

    async def keep_forgetting(self) -> None:
        """Remove what has expired, for ever."""
        while True:
            try:
                await self._database.single(lambda tx: signups.forget_expired(tx, self._clock()))
            except (AppError, SQLAlchemyError) as error:
                log.warning("signups.not_forgotten", extra=fields(error=repr(error)))
            await asyncio.sleep(FORGOTTEN_EVERY_S)
