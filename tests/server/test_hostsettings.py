"""Whose tokens are believed is said whole, or not at all."""

import pytest

from server.environment import SettingsError
from server.settings import Settings, load

SECRET = "s" * 32
TOKENS = {"JWT_ISSUER": "https://host.example", "JWT_AUDIENCE": "causerie"}
KEYS = "https://host.example/.well-known/jwks.json"


def test_nobody_is_believed_unless_it_is_said() -> None:
    settings = load({})
    assert (settings.jwt_issuer, settings.jwt_audience) == (None, None)
    assert settings.session_secrets == ()


@pytest.mark.parametrize(
    "way",
    [
        {"JWT_JWKS_URL": KEYS},
        {"JWT_JWKS_URL": "http://127.0.0.1:3000/jwks"},
        {"JWT_JWKS_URL": "http://[::1]:3000/jwks"},
        {"JWT_SECRET": SECRET},
        {"JWT_SECRET": "é" * 16},
    ],
)
def test_tokens_are_checked_by_keys_or_by_a_secret(way: dict[str, str]) -> None:
    settings = load({**TOKENS, **way})
    assert {settings.jwt_jwks_url, settings.jwt_secret} == {None, *way.values()}


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        (TOKENS, "JWT_JWKS_URL or JWT_SECRET: required with JWT_ISSUER"),
        ({"JWT_SECRET": SECRET}, "JWT_ISSUER: required with JWT_JWKS_URL or JWT_SECRET"),
        (
            {"JWT_ISSUER": "x", "JWT_JWKS_URL": KEYS},
            "JWT_AUDIENCE: required with JWT_ISSUER",
        ),
        ({"JWT_AUDIENCE": "x", "AUTH_SECRET": SECRET}, "JWT_ISSUER: required with JWT_AUDIENCE"),
        ({**TOKENS, "JWT_SECRET": SECRET, "JWT_JWKS_URL": KEYS}, "JWT_SECRET: not together with"),
    ],
)
def test_half_of_it_stops_the_start(environ: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=f"^{told}"):
        load(environ)


@pytest.mark.parametrize(
    "url",
    [
        "http://host.example/jwks",
        "http://127.0.0.1.example/jwks",
        "ftp://host.example/jwks",
        "https://",
        "https://host.example@evil.example/jwks",
        "file:///etc/passwd",
    ],
)
def test_keys_come_by_a_way_that_nobody_can_change_them_on(url: str) -> None:
    with pytest.raises(SettingsError, match="JWT_JWKS_URL: expected an address"):
        load({**TOKENS, "JWT_JWKS_URL": url})


@pytest.mark.parametrize("name", ["JWT_SECRET", "AUTH_SECRET", "NEXTAUTH_SECRET"])
@pytest.mark.parametrize("text", ["hunter2" * 4, "-----BEGIN PUBLIC KEY-----" + SECRET])
def test_a_secret_is_long_and_no_public_key_and_is_not_repeated(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: expected") as raised:
        load({**TOKENS, name: text})
    assert text not in str(raised.value)


def test_a_short_one_of_two_secrets_stops_the_start() -> None:
    with pytest.raises(SettingsError, match=r"^AUTH_SECRET: expected at least"):
        load({"AUTH_SECRET": f"{SECRET},short"})


def test_session_cookies_need_a_secret_alone_and_may_name_the_issuer() -> None:
    other = "t" * 32
    settings = load({"AUTH_SECRET": f"{SECRET}, {other}", "NEXTAUTH_SECRET": SECRET})
    assert settings.session_secrets == (SECRET, other)
    assert load({"AUTH_SECRET": SECRET, "JWT_ISSUER": "x"}).jwt_issuer == "x"


def test_secrets_are_never_shown() -> None:
    settings: Settings = load({**TOKENS, "JWT_SECRET": SECRET, "NEXTAUTH_SECRET": "n" * 40})
    assert {SECRET, "n" * 40} <= set(settings.secrets())
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("way", "issuer"),
    [
        ({}, None),
        ({"AUTH_SECRET": SECRET}, "authjs"),
        ({"NEXTAUTH_SECRET": SECRET, "JWT_ISSUER": "x"}, "x"),
        ({**TOKENS, "JWT_SECRET": SECRET}, "https://host.example"),
    ],
)
def test_users_of_a_host_have_one_issuer_however_they_come(
    way: dict[str, str], issuer: str | None
) -> None:
    assert load(way).host_issuer == issuer
