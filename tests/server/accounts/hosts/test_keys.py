"""A key is for the algorithms that it can be for, whatever a token says."""

import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from server.accounts.hosts.keys import published_key, shared_key
from tests.server.accounts.hosts.issuer import EC, ED, RSA, SECRET, sign

SMALL = {"kty": "RSA", "e": "AQAB", "n": "x" * 300}


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (RSA, ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        (EC, ("ES256",)),
        (ECKey.generate_key("P-384"), ("ES384",)),
        (ECKey.generate_key("P-521"), ("ES512",)),
        (ED, ("EdDSA", "Ed25519")),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_key_opens_what_was_signed_with_it(key: Key, algorithms: tuple[str, ...]) -> None:
    known = published_key(key.as_dict(private=False))
    assert known is not None
    assert known.algorithms == algorithms
    for algorithm in algorithms:
        assert known.open(sign(key, algorithm, payload=b"words")) == b"words"


def test_a_secret_is_for_hmac_alone() -> None:
    known, key = shared_key(SECRET), OctKey.import_key(SECRET)
    for algorithm in ("HS256", "HS384", "HS512"):
        assert known.open(sign(key, algorithm, payload=b"words")) == b"words"
    assert known.open(sign(RSA, "RS256")) is None
    assert known.open(sign(OctKey.import_key("another secret of enough bytes!!"), "HS256")) is None


def test_what_the_key_itself_names_is_the_only_one() -> None:
    known = published_key({**RSA.as_dict(private=False), "alg": "PS256"})
    assert known is not None
    assert known.open(sign(RSA, "PS256")) is not None
    assert known.open(sign(RSA, "RS256")) is None


def test_a_public_key_is_never_taken_for_a_secret() -> None:
    known = published_key(RSA.as_dict(private=False))
    assert known is not None
    for public in (RSA.as_pem(private=False), RSA.as_der(private=False)):
        forged = OctKey(public, public)
        assert known.open(sign(forged, "HS256", kid="rsa")) is None


@pytest.mark.parametrize(
    "jwk",
    [
        OctKey.import_key(SECRET).as_dict(),
        {**RSA.as_dict(private=False), "use": "enc"},
        {**RSA.as_dict(private=False), "alg": "HS256"},
        {**RSA.as_dict(private=False), "alg": "none"},
        {**RSA.as_dict(private=False), "alg": "RSA-OAEP"},
        {**RSA.as_dict(private=False), "alg": ["RS256"]},
        {**RSA.as_dict(private=False), "key_ops": ["encrypt"]},
        {**RSA.as_dict(private=False), "key_ops": None},
        {**RSA.as_dict(private=False), "kid": 5},
        {**RSA.as_dict(private=False), "crv": "P-256"},
        {**EC.as_dict(private=False), "x": "AA"},
        {**EC.as_dict(private=False), "crv": "secp256k1"},
        {"kty": "EC", "crv": "P-256"},
        OKPKey.generate_key("X25519").as_dict(private=False),
        SMALL,
        {**SMALL, "n": "A" * 300 + "x" * 100},
        {**SMALL, "n": 5},
        {"kty": ["RSA"]},
        {"kty": "future"},
        {},
    ],
)
@pytest.mark.filterwarnings("ignore:Key size should be")
def test_what_cannot_be_used_is_none(jwk: dict[str, object]) -> None:
    assert published_key(jwk) is None


def test_a_private_key_that_was_published_still_only_opens() -> None:
    known = published_key(RSAKey.import_key(RSA.as_dict(private=True)).as_dict(private=True))
    assert known is not None
    assert known.open(sign(RSA, "RS256", payload=b"words")) == b"words"
