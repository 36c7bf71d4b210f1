"""What a host application says of its user, taken from claims that have been found authentic."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from joserfc.errors import ClaimError, ExpiredTokenError
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry
from msgspec import Struct

from server.accounts.emails import normalise
from server.accounts.provisioning import NAME_MAX, is_hidden
from server.domain.clock import Clock
from server.domain.errors import Invalid, Unauthenticated

TOKEN_MAX = 8_000
"""Characters of a token: with the name of its header it fits 8 KiB, which is what a WebSocket
handshake here, and most proxies, take as one line."""

LEEWAY_S = 15
"""By how much the host's clock may differ from ours; as much as Auth.js allows for."""

EXTERNAL_ID_MAX = 255
"""Characters: where OpenID Connect ends a subject (Core 1.0, section 2)."""

_CHECKED = ("iss", "aud", "exp", "nbf", "iat")


class Claimed(Struct, frozen=True, kw_only=True):
    """Whose credential it is. ``credential_id`` names the credential, and cannot be turned back
    into it; after ``expires_at`` it is not taken any more."""

    external_id: str
    name: str | None
    email: str | None
    expires_at: datetime
    credential_id: UUID


class Terms(JWTClaimsRegistry):
    """Which claims must be there, and what they must say."""

    def __init__(self, clock: Clock, **required: str) -> None:
        options: dict[str, ClaimsOption] = {"exp": {"essential": True}}
        for name, value in required.items():
            options[name] = {"essential": True, "value": value}
        super().__init__(now=lambda: int(clock().timestamp()), leeway=LEEWAY_S, **options)

    def read(self, token: str, payload: bytes) -> Claimed:
        """The claims of an authentic ``token``.

        Raises:
            Unauthenticated: they do not hold here or now, or name nobody.
        """
        claims = strict_object(payload)
        try:
            self.validate({name: claims[name] for name in _CHECKED if name in claims})
            expires_at = datetime.fromtimestamp(claims["exp"] + LEEWAY_S, UTC)
        except ExpiredTokenError as error:
            raise Unauthenticated("This token has expired.") from error
        except ClaimError as error:
            raise Unauthenticated(f"This token is refused for its {error.claim}.") from error
        except (ValueError, OverflowError, OSError) as error:  # no calendar has that year
            raise Unauthenticated("This token is refused for its exp.") from error
        try:
            external_id = external_id_of(claims.get("sub"))
        except Invalid as error:
            raise Unauthenticated(f"This token names nobody: {error.message}") from error
        return Claimed(
            external_id=external_id,
            name=name_of(claims.get("name")),
            email=email_of(claims.get("email")),
            expires_at=expires_at,
            credential_id=UUID(bytes=hashlib.sha256(token.encode()).digest()[:16]),
        )


def strict_object(text: bytes) -> dict[str, Any]:
    """A JSON object in which nothing is said twice: parsers differ in which of the two they take.

    Raises:
        Unauthenticated: it is none.
    """
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unauthenticated("This is no token that can be read.") from error
    if not isinstance(found, dict):
        raise Unauthenticated("This is no token that can be read.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    known = dict(pairs)
    if len(known) < len(pairs):
        raise ValueError("a member is there twice")
    return known


def external_id_of(value: object) -> str:
    """What a host calls its user: a number is its decimal text, so ``42`` and ``"42"`` are one.

    Raises:
        Invalid: empty, too long, no string or whole number, or with characters that no id has.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = format(value, "d") if abs(value) < 10**EXTERNAL_ID_MAX else ""
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= EXTERNAL_ID_MAX
        or any(map(is_hidden, value))
    ):
        raise Invalid(
            f"A user is named by 1 to {EXTERNAL_ID_MAX} characters, or a number.",
            path="$.externalId",
        )
    return value


def name_of(value: object) -> str | None:
    """A name as it can be shown, cut to what there is room for; None: it says none."""
    if not isinstance(value, str):
        return None
    seen = "".join(character for character in value if not is_hidden(character))
    return seen.strip()[:NAME_MAX].rstrip() or None


def email_of(value: object) -> str | None:
    """An address for people to read; None: it is none that mail could reach."""
    if not isinstance(value, str):
        return None
    try:
        return normalise(value)
    except Invalid:
        return None
