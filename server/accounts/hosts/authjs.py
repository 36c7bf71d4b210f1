"""Session cookies of Auth.js and NextAuth.js: the host application's own sign-in, as it stands.

They are JSON web tokens, encrypted with a key that is derived from the host's secret. Read from the
sources of next-auth 4.24 (``jwt/index.js``) and @auth/core 0.41 (``jwt.js``), both with
``cookie.js``, on 2026-11-21.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry, decrypt_compact
from joserfc.jwk import OctKey

from server.accounts.hosts.claims import TOKEN_MAX, Claimed, Terms
from server.domain.clock import Clock
from server.domain.errors import Unauthenticated

_PREFIXES = ("__Secure-", "")
"""With TLS first: nobody without it can have set such a cookie."""

_KEY_BYTES = {"A256CBC-HS512": 64, "A256GCM": 32}


class _Cookie:
    """One kind of cookie, and the keys that may open it."""

    def __init__(self, name: str, keys: Sequence[tuple[str, bytes]]) -> None:
        self.name = name
        self._keys = [
            # What is not named here is refused, compression above all.
            (OctKey.import_key(key), JWERegistry(algorithms=("dir", encryption)))
            for encryption, key in keys
        ]

    def find(self, cookies: Mapping[str, str]) -> str | None:
        """Its value; a long one comes in parts, ``.0``, ``.1`` and so on."""
        return "".join(self._parts(cookies)) or cookies.get(self.name) or None

    def _parts(self, cookies: Mapping[str, str]) -> Iterator[str]:
        for number in count():
            part = cookies.get(f"{self.name}.{number}")
            if part is None:
                return
            yield part

    def open(self, value: str) -> bytes | None:
        """What was encrypted; None: not with a key of ours, or not like this."""
        for key, registry in self._keys:
            try:
                return decrypt_compact(value, key, registry=registry).plaintext
            except (
                JoseError,
                ValueError,
                TypeError,
                AttributeError,
            ):  # joserfc says it in each way
                continue
        return None


class SessionCookies:
    """Reads the session cookies that any of ``secrets`` encrypted."""

    def __init__(self, secrets: Sequence[str], *, clock: Clock) -> None:
        self._terms = Terms(clock)
        self._kinds = [
            *(_cookie_of_5(f"{prefix}authjs.session-token", secrets) for prefix in _PREFIXES),
            *(_cookie_of_4(f"{prefix}next-auth.session-token", secrets) for prefix in _PREFIXES),
        ]

    def read(self, cookies: Mapping[str, str]) -> Claimed | None:
        """Whose session it is; None: there is no such cookie.

        An old one may be left beside the one that counts, so all are tried.

        Raises:
            Unauthenticated: there are some, and none holds.
        """
        refusal: Unauthenticated | None = None
        for kind in self._kinds:
            value = kind.find(cookies)
            if value is None:
                continue
            try:
                return self._open(kind, value)
            except Unauthenticated as error:
                refusal = error
        if refusal is not None:
            raise refusal
        return None

    def _open(self, kind: _Cookie, value: str) -> Claimed:
        if len(value) > TOKEN_MAX or not value.isascii():
            raise Unauthenticated("This is no session that can be read.")
        payload = kind.open(value)
        if payload is None:
            raise Unauthenticated("This session was not opened by the application that is trusted.")
        return self._terms.read(value, payload)


def _cookie_of_5(name: str, secrets: Sequence[str]) -> _Cookie:
    info = f"Auth.js Generated Encryption Key ({name})"
    keys = [
        (encryption, _derive(secret, size, salt=name, info=info))
        for secret in secrets
        for encryption, size in _KEY_BYTES.items()
    ]
    return _Cookie(name, keys)


def _cookie_of_4(name: str, secrets: Sequence[str]) -> _Cookie:
    info = "NextAuth.js Generated Encryption Key"
    size = _KEY_BYTES["A256GCM"]
    return _Cookie(name, [("A256GCM", _derive(one, size, salt="", info=info)) for one in secrets])


def _derive(secret: str, size: int, *, salt: str, info: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=size, salt=salt.encode(), info=info.encode())
    return hkdf.derive(secret.encode())
