"""Session cookies are read as Auth.js and NextAuth.js make them, and in no other way."""

import base64
import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import OctKey

from server.accounts.hosts import authjs
from server.accounts.hosts.authjs import SessionCookies
from server.domain.clock import utc_now
from server.domain.errors import Unauthenticated
from tests.support.authjs import make_cookies

SECRET, OTHER = "s" * 40, "o" * 40
V5, V4 = "authjs.session-token", "next-auth.session-token"
ADA = {"sub": "42", "name": "Ada", "email": "Ada@Example.com"}
LARGE = {**ADA, "accessToken": "x" * 4_000}


def wish(version: int, name: str, **more: object) -> dict[str, Any]:
    asked = {"version": version, "name": name, "token": ADA, "secret": SECRET, "maxAge": 3600}
    return {**asked, **more}


WISHES = {
    "5": wish(5, V5),
    "5, with TLS": wish(5, f"__Secure-{V5}"),
    "5, as it began": wish(5, V5, encryption="A256GCM"),
    "5, rotated": wish(5, V5, secret=[OTHER, SECRET]),
    "5, in parts": wish(5, f"__Secure-{V5}", token=LARGE),
    "4": wish(4, V4),
    "4, with TLS": wish(4, f"__Secure-{V4}"),
    "4, in parts": wish(4, V4, token=LARGE),
}
REFUSED = {
    "expired": wish(5, V5, maxAge=-60),
    "4, expired": wish(4, V4, maxAge=-60),
    "a stranger's": wish(5, V5, secret="t" * 40),
    "nobody's": wish(5, V5, token={"name": "Ada"}),
    "of a nameless user": wish(4, V4, token={"sub": ""}),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    wishes = {**WISHES, **REFUSED}
    cookies = make_cookies(list(wishes.values()), tmp_path_factory.mktemp("authjs"))
    return dict(zip(wishes, cookies, strict=True))


def reader(*secrets: str) -> SessionCookies:
    return SessionCookies(secrets or (SECRET, OTHER), clock=utc_now)


@pytest.mark.parametrize("kind", WISHES)
def test_what_the_packages_make_is_believed(made: dict[str, dict[str, str]], kind: str) -> None:
    assert (len(made[kind]) > 1) == ("parts" in kind)
    claimed = reader().read({"theme": "dark", **made[kind]})
    assert claimed is not None
    told = (claimed.external_id, claimed.name, claimed.email)
    assert told == ("42", "Ada", "ada@example.com")
    assert timedelta(minutes=59) < claimed.expires_at - utc_now() < timedelta(minutes=61)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_does_not_hold_is_refused(made: dict[str, dict[str, str]], kind: str) -> None:
    with pytest.raises(Unauthenticated):
        reader().read(made[kind])


def test_a_cookie_is_only_good_under_its_own_name(made: dict[str, dict[str, str]]) -> None:
    with pytest.raises(Unauthenticated):  # the name is in the key: a wrong salt
        reader().read({f"__Secure-{V5}": made["5"][V5]})
    with pytest.raises(Unauthenticated):
        reader().read({V4: made["5"][V5]})


def test_without_the_secret_that_made_it_nothing_is_read(made: dict[str, dict[str, str]]) -> None:
    with pytest.raises(Unauthenticated):
        reader("n" * 40).read(made["4"])
    assert reader(OTHER).read(made["5, rotated"]) is not None


@pytest.mark.parametrize("kind", ["5", "5, as it began", "4"])
def test_a_session_that_was_touched_is_refused(made: dict[str, dict[str, str]], kind: str) -> None:
    ((name, value),) = made[kind].items()
    parts = value.split(".")
    for place in (0, 2, 3, 4):
        changed = [*parts]
        changed[place] = ("B" if parts[place][0] == "A" else "A") + parts[place][1:]
        with pytest.raises(Unauthenticated):
            reader().read({name: ".".join(changed)})
    for shorter in (".".join([*parts[:4], parts[4][:8]]), ".".join(parts[:4]), value[:-1]):
        with pytest.raises(Unauthenticated):
            reader().read({name: shorter})


def test_a_stale_cookie_beside_the_one_that_counts_does_no_harm(
    made: dict[str, dict[str, str]],
) -> None:
    assert reader().read({**made["expired"], **made["4"]}) is not None


def test_no_such_cookie_is_nobody() -> None:
    assert reader().read({}) is None
    assert reader().read({"authjs.session-token.1": "x", V5: ""}) is None
    assert reader().read({"authjs.csrf-token": "x"}) is None


def sealed(header: Mapping[str, object], payload: bytes, size: int = 64) -> str:
    """A session cookie of version 5, made with the right key in some other way."""
    info = f"Auth.js Generated Encryption Key ({V5})"
    key = OctKey.import_key(authjs._derive(SECRET, size, salt=V5, info=info))
    everything = [*jwe.JWERegistry.algorithms["enc"], *jwe.JWERegistry.algorithms["alg"], "DEF"]
    registry = jwe.JWERegistry(algorithms=everything)
    return jwe.encrypt_compact(dict(header), payload, key, registry=registry)


def claims(**more: object) -> bytes:
    return json.dumps({**ADA, "exp": int(time.time()) + 60, **more}).encode()


DIRECT = {"alg": "dir", "enc": "A256CBC-HS512"}


def test_a_session_made_so_is_believed_for_comparison() -> None:
    assert reader().read({V5: sealed(DIRECT, claims())}) is not None


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ({"alg": "dir", "enc": "A128CBC-HS256"}, 32),
        ({"alg": "A256KW", "enc": "A256GCM"}, 32),
        ({**DIRECT, "zip": "DEF"}, 64),
    ],
)
def test_other_ways_of_encrypting_are_refused(header: dict[str, str], size: int) -> None:
    payload = claims(x="A" * 1_000)  # more than that, packed, joserfc itself would not unpack
    with pytest.raises(Unauthenticated):
        reader().read({V5: sealed(header, payload, size)})


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"[]",
        lambda: b"null",
        lambda: b"{",
        lambda: b'{"sub":"1","sub":"42","exp":4102444800}',
        lambda: b"[" * 2_000,
        lambda: json.dumps({**ADA}).encode(),
        lambda: claims(exp="tomorrow"),
        lambda: claims(exp=time.time() * 1000),
        lambda: claims(nbf=time.time() + 3600),
        lambda: claims(sub=True),
        lambda: claims(sub=1.5),
        lambda: claims(sub="a\x00b"),
        lambda: claims(sub="x" * 256),
    ],
)
def test_odd_contents_are_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(Unauthenticated):
        reader().read({V5: sealed(DIRECT, make())})


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


HEADERS = [
    b"",
    b"5",
    b"null",
    b'"alg enc"',
    b'["alg","enc"]',
    b'{"alg":[],"enc":{}}',
    b'{"alg":"dir","enc":"A256GCM","crit":5}',
    b'{"alg":"none","enc":"A256GCM"}',
    b'{"alg":"dir","enc":"none"}',
    b'{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2000000000,"p2s":"AAAA"}',
    b"[" * 700,
    b"\xff\xfe",
]
GARBAGE = [
    "0e8b9a51-7a4b-4c9f-8a53-0f9f7f2f2f2f",
    "a.b.c.d.e",
    "....",
    ".",
    "é.é.é.é.é",
    "x" * 9_000,
]


@pytest.mark.parametrize("head", HEADERS)
def test_rubbish_in_front_is_refused(head: bytes) -> None:
    for size in (0, 12, 16):
        rest = [encoded(os.urandom(n)) for n in (0, size, 32, 16)]
        for secret in (SECRET, OTHER):
            with pytest.raises(Unauthenticated):
                reader(secret).read({V5: ".".join([encoded(head), *rest])})


@pytest.mark.parametrize("value", GARBAGE)
@pytest.mark.parametrize("name", [V5, V4, f"{V5}.0"])
def test_what_is_no_session_of_this_kind_is_refused(name: str, value: str) -> None:
    with pytest.raises(Unauthenticated):
        reader().read({name: value})


def test_parts_are_joined_in_their_order_however_many(made: dict[str, dict[str, str]]) -> None:
    value = made["5"][V5]
    parts = {f"{V5}.{at}": value[at * 20 : at * 20 + 20] for at in range(len(value) // 20 + 1)}
    assert len(parts) > 10
    assert reader().read(dict(sorted(parts.items()))) is not None
