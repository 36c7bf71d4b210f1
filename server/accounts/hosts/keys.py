"""Keys that a host application signs with, and the algorithms that each of them is for.

A token names its algorithm itself, so it is never asked: the key says which ones it may be.
"""

from collections.abc import Mapping
from typing import Any, Final

from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import JWKRegistry, Key, OctKey, RSAKey
from joserfc.jws import JWSRegistry, deserialize_compact

_ALGORITHMS: Final[Mapping[tuple[object, object], tuple[str, ...]]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),
}
"""By type and curve. Secrets are missing on purpose: one that is published is none."""

_SECRET = ("HS256", "HS384", "HS512")

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("n", "e"),
    "EC": ("crv", "x", "y"),
    "OKP": ("crv", "x"),
}

RSA_BITS_MIN = 2048
"""NIST SP 800-131A: shorter ones can be broken."""

_RSA_TEXT_MIN = RSA_BITS_MIN // 6
"""Characters of base64url: joserfc warns of a short key, and only on standard error."""


class _Pinned(JWSRegistry):
    """The algorithms of one key. joserfc's own registry takes those it recommends, HMAC among them,
    where none is named, and warns of what RFC 9864 has renamed (EdDSA).

    Headers that mean nothing to us may be there (RFC 7515, section 4), some issuers add their own.
    """

    max_header_length = 2048

    def __init__(self, algorithms: tuple[str, ...]) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)
        self._pinned = {name: self.algorithms[name] for name in algorithms}

    def get_alg(self, name: str) -> JWSAlgModel:
        try:
            return self._pinned[name]
        except KeyError:
            raise UnsupportedAlgorithmError("The key is not for that algorithm.") from None


class SigningKey:
    """One key. ``kid``: what its owner calls it, if anything."""

    def __init__(self, key: Key, kid: str | None, algorithms: tuple[str, ...]) -> None:
        self.kid = kid
        self.algorithms = algorithms
        self._key = key
        self._registry = _Pinned(algorithms)

    def open(self, token: str) -> bytes | None:
        """What was signed; None: not by this key, or not like this."""
        try:
            return deserialize_compact(token, self._key, registry=self._registry).payload
        except (JoseError, ValueError, TypeError):  # joserfc lets some bad base64 and JSON through
            return None


def shared_key(secret: str) -> SigningKey:
    return SigningKey(OctKey.import_key(secret.encode()), None, _SECRET)


def published_key(jwk: Mapping[str, Any]) -> SigningKey | None:
    """A key of a set that anybody can read (RFC 7517); None: it is not for us, or not strong."""
    kind, curve, kid, named = (jwk.get(name) for name in ("kty", "crv", "kid", "alg"))
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return None
    algorithms = _ALGORITHMS.get((kind, curve), ())
    if named is not None:
        algorithms = tuple(name for name in algorithms if name == named)
    if not algorithms or not _signs(jwk) or not isinstance(kid, str | None):
        return None
    try:
        # No more of it than that: a host may have published what it should have kept.
        key = JWKRegistry.import_key({"kty": kind, **{part: jwk[part] for part in _PARTS[kind]}})
    except (JoseError, ValueError, KeyError):
        return None
    if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS_MIN:
        return None
    return SigningKey(key, kid, algorithms)


def _signs(jwk: Mapping[str, Any]) -> bool:
    """Whether it is there to check signatures with, and long enough."""
    operations = jwk.get("key_ops", ["verify"])
    is_short = jwk.get("kty") == "RSA" and len(str(jwk.get("n"))) < _RSA_TEXT_MIN
    verifies = isinstance(operations, list) and "verify" in operations
    return verifies and jwk.get("use", "sig") == "sig" and not is_short
