"""JSON web tokens of a host application: from a token to whom it names."""

from collections.abc import Sequence
from typing import Any, Protocol

from joserfc.util import to_bytes, urlsafe_b64decode

from server.accounts.hosts.claims import TOKEN_MAX, Claimed, Terms, strict_object
from server.accounts.hosts.keys import SigningKey, shared_key
from server.domain.errors import Unauthenticated

_TYPES = frozenset({"jwt", "at+jwt"})
"""What may sign somebody in. Issuers sign other things with the same keys, such as notes that
somebody has signed out (RFC 8725, section 3.11)."""


class Keys(Protocol):
    """Where keys come from."""

    async def known(self) -> Sequence[SigningKey]:
        """Raises ServiceUnavailable: there are none, since nobody tells them."""

    async def renewed(self) -> bool:
        """Look for newer keys; False: there cannot be any, or somebody has looked just now.

        Raises:
            ServiceUnavailable: nobody tells them.
        """


class SharedSecret:
    """The keys of a host that signs with a secret."""

    def __init__(self, secret: str) -> None:
        self._keys = (shared_key(secret),)

    async def known(self) -> Sequence[SigningKey]:
        return self._keys

    async def renewed(self) -> bool:
        return False


class TokenReader:
    """Takes tokens that are signed by ``keys`` and meet ``terms``."""

    def __init__(self, keys: Keys, terms: Terms) -> None:
        self._keys = keys
        self._terms = terms

    async def read(self, token: str) -> Claimed:
        """
        Raises:
            Unauthenticated: anything is wrong with it.
            ServiceUnavailable: the host does not tell its keys, so nobody knows.
        """
        kid, algorithm = _header(token)
        payload = await self._open(token, kid, algorithm)
        return self._terms.read(token, payload)

    async def _open(self, token: str, kid: str | None, algorithm: str) -> bytes:
        while True:
            known = await self._keys.known()
            for key in known:
                is_meant = kid is None or key.kid in {kid, None}
                if not is_meant or algorithm not in key.algorithms:
                    continue
                if (payload := key.open(token)) is not None:
                    return payload
            # The key that is called so has spoken. Any other may have been replaced meanwhile.
            is_known = kid is not None and any(key.kid == kid for key in known)
            if is_known or not await self._keys.renewed():
                raise Unauthenticated("This token is not signed by a key that is known here.")


def _header(token: str) -> tuple[str | None, str]:
    """``kid`` and ``alg``, as far as they can be believed before anything is checked: they choose
    among keys. What brings keys or points at some (jwk, jku, x5c, x5u) is never looked at."""
    if len(token) > TOKEN_MAX or token.count(".") != 2 or not token.isascii():
        raise Unauthenticated("This is no token that can be read.")
    try:
        text = urlsafe_b64decode(to_bytes(token.partition(".")[0]))
    except ValueError as error:
        raise Unauthenticated("This is no token that can be read.") from error
    header: dict[str, Any] = strict_object(text)
    kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ", "JWT")
    if not isinstance(kid, str | None) or not isinstance(algorithm, str) or "crit" in header:
        raise Unauthenticated("This token asks for something that is unknown here.")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
        raise Unauthenticated("This token is none that signs somebody in.")
    return kid, algorithm
