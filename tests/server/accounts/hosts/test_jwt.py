"""A token signs its user in if it is signed by the host, meant for us, and holds now."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import Key, OctKey, RSAKey

from server.accounts.hosts.claims import LEEWAY_S, Terms
from server.accounts.hosts.jwt import SharedSecret, TokenReader
from server.accounts.hosts.keys import SigningKey, published_key
from server.domain.clock import utc_now
from server.domain.errors import Unauthenticated
from tests.server.accounts.hosts.issuer import (
    AUDIENCE,
    EC,
    ED,
    ISSUER,
    RSA,
    SECRET,
    SHARED,
    claims,
    published,
    sign,
    token,
)
from tests.server.accounts.people import START

TERMS = Terms(utc_now, iss=ISSUER, aud=AUDIENCE)


class Published:
    """Keys that a host publishes, and others that it does from the first look on."""

    def __init__(self, *keys: Key, then: Sequence[Key] = ()) -> None:
        self._keys, self._then = keys, then
        self.looks = 0

    async def known(self) -> Sequence[SigningKey]:
        found = (published_key(jwk) for jwk in published(*self._keys)["keys"])
        return [key for key in found if key is not None]

    async def renewed(self) -> bool:
        self.looks += 1
        is_new, self._keys = bool(self._then), tuple(self._then) or self._keys
        self._then = ()
        return is_new


def reader(*keys: Key) -> TokenReader:
    return TokenReader(Published(*(keys or (RSA, EC, ED))), TERMS)


def by_secret() -> TokenReader:
    return TokenReader(SharedSecret(SECRET), TERMS)


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
async def test_a_token_names_its_user(key: Key, algorithm: str) -> None:
    claimed = await reader().read(token(key, algorithm))
    told = (claimed.external_id, claimed.name, claimed.email)
    assert told == ("42", "Ada", "ada@host.example")


async def test_a_shared_secret_does_too_whatever_its_key_is_called() -> None:
    for kid in (None, "anything"):
        signed = sign(SHARED, "HS256", kid=kid)
        assert (await by_secret().read(signed)).external_id == "42"


async def test_two_tokens_are_two_credentials_and_one_is_always_the_same() -> None:
    one, other = token(), token(jti="other")
    first, again, second = [await reader().read(text) for text in (one, one, other)]
    assert first.credential_id == again.credential_id != second.credential_id


async def test_clocks_may_differ_a_little_at_either_end() -> None:
    terms = Terms(lambda: START, iss=ISSUER, aud=AUDIENCE)
    exact, now = TokenReader(SharedSecret(SECRET), terms), int(START.timestamp())
    first, last = now + LEEWAY_S, now - LEEWAY_S + 1
    claimed = await exact.read(token(SHARED, "HS256", nbf=first, exp=last))
    assert claimed.expires_at == datetime.fromtimestamp(last + LEEWAY_S, UTC)
    for times in ({"nbf": first + 1}, {"exp": last - 1}):
        with pytest.raises(Unauthenticated):
            await exact.read(token(SHARED, "HS256", **times))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"iss": [ISSUER]}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["another", "more"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": {"causerie": 1}}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": "4102444800"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"exp": float("inf")}, "exp"),
        ({"exp": 4_102_444_800_000}, "exp"),
        ({"exp": 10**400}, "exp"),
        ({"nbf": 4_102_444_800}, "nbf"),
        ({"nbf": "soon"}, "nbf"),
        ({"iat": 4_102_444_800}, "iat"),
        ({"sub": None}, "nobody"),
        ({"sub": ""}, "nobody"),
        ({"sub": ["42"]}, "nobody"),
        ({"sub": True}, "nobody"),
        ({"sub": 4.0}, "nobody"),
        ({"sub": "a\nb"}, "nobody"),
        ({"sub": "\ud800"}, "nobody"),
        ({"sub": "x" * 256}, "nobody"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_token_that_does_not_hold_here_says_why(
    changed: dict[str, object], told: str
) -> None:
    with pytest.raises(Unauthenticated, match=told):
        await reader().read(token(**changed))


async def test_several_may_be_meant_us_among_them() -> None:
    await reader().read(token(aud=["another", AUDIENCE]))


@pytest.mark.parametrize(
    ("sub", "name"), [(42, "42"), ("42", "42"), (-7, "-7"), (10**30, "1" + "0" * 30)]
)
async def test_a_number_is_its_digits(sub: object, name: str) -> None:
    assert (await reader().read(token(sub=sub))).external_id == name


def unsigned(**header: object) -> str:
    parts = (json.dumps({"alg": "none", "typ": "JWT", **header}), json.dumps(claims()))
    return ".".join(encoded(part.encode()) for part in parts) + "."


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


PUBLIC = RSA.as_pem(private=False)
EVIL = RSAKey.generate_key(2048)
FORGED = {
    "not signed": unsigned(),
    "not signed, by name": unsigned(kid="rsa"),
    "not signed, shouted": unsigned(alg="NONE"),
    "without algorithm": sign(RSA, "RS256", alg=None),
    "signed with the public key": sign(OctKey(PUBLIC, PUBLIC), "HS256", kid="rsa"),
    "signed with the public key, nameless": sign(OctKey(PUBLIC, PUBLIC), "HS256", kid=None),
    "signed with nothing": sign(OctKey(b"x", b"x"), "HS256", kid="rsa"),
    "with another key of that name": sign(EVIL, "RS256", kid="rsa"),
    "with another key": sign(EVIL, "RS256", kid=None),
    "bringing its key": sign(EVIL, "RS256", kid=None, jwk=EVIL.as_dict(private=False)),
    "pointing at its key": sign(EVIL, "RS256", jku="https://evil.example/jwks"),
    "pointing at its certificate": sign(EVIL, "RS256", x5u="https://evil.example/cert"),
    "by a path": sign(EVIL, "RS256", kid="../../../../dev/null"),
    "by a query": sign(EVIL, "RS256", kid="' OR 1=1 --"),
    "by a list": sign(RSA, "RS256", kid=["rsa"]),
    "by a number": sign(RSA, "RS256", kid=0),
    "another algorithm than it says": sign(RSA, "RS384", alg="RS256"),
    "critical": sign(RSA, "RS256", crit=["exp"], exp=1),
    "critical, unknown": sign(RSA, "RS256", crit=["x"]),
    "critical, empty": sign(RSA, "RS256", crit=[]),
    "critical, odd": sign(RSA, "RS256", crit=5),
    "not encoded": sign(RSA, "RS256", b64=False, crit=["b64"]),
    "a note of a sign-out": sign(RSA, "RS256", typ="logout+jwt"),
    "of an odd type": sign(RSA, "RS256", typ=5),
    "nested": sign(RSA, "RS256", payload=token().encode(), cty="JWT"),
    "a list": sign(RSA, "RS256", payload=b"[]"),
    "no text": sign(RSA, "RS256", payload=b"\xff\xfe\xfd"),
    "a claim twice": sign(
        RSA, "RS256", payload=json.dumps(claims()).replace('"sub"', '"sub":"1","sub"').encode()
    ),
    "deep": sign(RSA, "RS256", payload=b"[" * 4_000),
    "enormous": sign(RSA, "RS256", payload=json.dumps(claims(x="x" * 8_000)).encode()),
    "an algorithm twice": encoded(b'{"alg":"none","alg":"RS256"}') + token()[token().index(".") :],
    "cut": token()[:-4],
    "without its signature": token().rpartition(".")[0] + ".",
    "padded": token() + "=",
    "longer": token() + ".",
    "an encrypted one": "e30.e30.e30.e30.e30",
    "nothing": "",
    "dots": "..",
    "rubbish": "x.y.z",
    "not ASCII": "é.é.é",
    "a deep head": encoded(b"[" * 1_500) + ".e30.e30",
    "a head that is none": encoded(b'"alg"') + ".e30.e30",
}


@pytest.mark.parametrize("kind", FORGED)
async def test_forgeries_are_refused(kind: str) -> None:
    for keys in ((RSA, EC, ED), (RSA,)):
        with pytest.raises(Unauthenticated):
            await reader(*keys).read(FORGED[kind])
    with pytest.raises(Unauthenticated):
        await by_secret().read(FORGED[kind])


async def test_a_key_that_a_token_brings_is_left_alone() -> None:
    signed = sign(RSA, "RS256", jwk=EVIL.as_dict(private=False), jku="https://evil.example")
    await reader().read(signed)


async def test_a_touched_token_is_refused() -> None:
    head, payload, signature = token().split(".")
    forged = encoded(json.dumps(claims(sub="1")).encode())
    with pytest.raises(Unauthenticated):
        await reader().read(f"{head}.{forged}.{signature}")
    with pytest.raises(Unauthenticated):
        await reader().read(f"{head}.{payload}.{'A' + signature[1:]}B")


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
async def test_usual_types_are_taken_and_headers_of_others_left_alone(kind: str | None) -> None:
    await reader().read(sign(RSA, "RS256", typ=kind, cat="cl_B7d4PD111AAA"))


async def test_a_key_that_is_new_is_looked_for_once() -> None:
    newer = RSAKey.generate_key(2048, {"kid": "newer"})
    keys = Published(RSA, then=[newer])
    await TokenReader(keys, TERMS).read(token(newer))
    assert keys.looks == 1
    with pytest.raises(Unauthenticated):  # withdrawn
        await TokenReader(keys, TERMS).read(token(RSA))
    assert keys.looks == 2


async def test_a_nameless_key_may_have_been_replaced() -> None:
    before, after = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
    keys = Published(before, then=[after])
    await TokenReader(keys, TERMS).read(token(after))


async def test_a_wrong_signature_of_a_known_key_looks_for_nothing() -> None:
    keys = Published(RSA, then=[EC])
    with pytest.raises(Unauthenticated):
        await TokenReader(keys, TERMS).read(FORGED["with another key of that name"])
    assert keys.looks == 0


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from(["RS256", "HS256", "none", "rsa", "JWT"])
)
MEMBERS = (
    "alg",
    "kid",
    "typ",
    "crit",
    "b64",
    "cty",
    "jku",
    "jwk",
    "x5c",
    "x5t",
    "x5u",
    "zip",
    "exp",
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), SCALARS | st.lists(SCALARS, max_size=2)))
async def test_whatever_a_head_says_the_answer_is_yes_or_no(header: dict[str, object]) -> None:
    """And yes only where the key's own algorithm is said, and nothing that has to be understood."""
    try:
        await reader(RSA).read(sign(RSA, "RS256", payload=None, **header))
    except Unauthenticated:
        return
    assert header.get("alg", "RS256") == "RS256"
    assert header.get("crit") is None
