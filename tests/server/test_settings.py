"""What the environment may say, and what becomes of it."""

import pytest

from server.environment import SettingsError, describe
from server.settings import Settings, load, with_engines, with_port

POSTGRES = "postgresql://me:swordfish@db/causerie"


def test_nothing_needs_to_be_set() -> None:
    settings = load({})
    assert settings.origin == "http://127.0.0.1:8000"
    assert settings.starts_engines
    assert settings.quota_starter_usd == 10 * 10**9
    assert settings.quota_business_usd is None
    assert settings.signup_credits == 1000 * 10**6


def test_what_is_shown_never_holds_a_secret() -> None:
    shown = repr(
        load({"DATABASE_URL": POSTGRES, "OPENAI_API_KEY": "sk-sword", "SECRET_KEY": "s" * 32})
    )
    assert "sword" not in shown
    assert "s" * 32 not in shown
    assert "DATABASE_URL" in shown


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY"])
def test_a_wrong_secret_is_not_repeated(variable: str) -> None:
    assert variable in {known.name for known in describe(Settings) if known.secret}
    with pytest.raises(SettingsError, match=rf"^{variable}: ") as caught:
        load({variable: "swordfish"})
    assert "swordfish" not in str(caught.value)


def test_elasticache_makes_the_address_of_redis() -> None:
    assert load({"ELASTICACHE_REDIS_HOST": "cache"}).redis_url == "redis://cache:6379/0"
    both = load({"ELASTICACHE_REDIS_HOST": "cache", "REDIS_URL": "redis://other"})
    assert both.redis_url == "redis://other"


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"COMMANDS_BURST": "5"}, "COMMANDS_BURST"),
        ({"BODY_BYTES": "2048"}, "BODY_BYTES"),
        ({"PORT": "70000"}, "PORT"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"TEXT_CHARACTERS": "32001"}, "TEXT_CHARACTERS"),
        ({"TURN_SECONDS": "0"}, "TURN_SECONDS"),
        ({"AZURE_OPENAI_ENDPOINT": "https://x"}, "AZURE_OPENAI_API_KEY"),
        ({"MODEL_FALLBACKS": "a"}, "MODEL_FALLBACKS"),
        ({"QUOTA_PRO_USD": "-1"}, "QUOTA_PRO_USD"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, "TRUSTED_PROXIES"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_the_variable(
    environ: dict[str, str], variable: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable}: "):
        load(environ)


def test_the_address_that_browsers_see_is_our_origin() -> None:
    public = load({"PUBLIC_URL": "https://Chat.example.com/", "HOST": "0.0.0.0"})
    assert public.origin == "https://chat.example.com"
    assert public.is_secure
    assert load({"HOST": "::1"}).origin == "http://[::1]:8000"
    assert load({"HOST": "0.0.0.0"}).origin == "http://127.0.0.1:8000"


def test_the_port_that_was_chosen_is_in_our_own_origin() -> None:
    assert with_port(load({"PORT": "0"}), 4711).origin == "http://127.0.0.1:4711"


def test_private_engines_stand_in_only_for_what_is_unset() -> None:
    settings = with_engines(
        load({"DATABASE_URL": POSTGRES}),
        database_url="postgresql://private",
        redis_url="unix:///r",
        owned=True,
    )
    assert settings.engines == (POSTGRES, "unix:///r")
    assert not settings.owns_engines
    own = with_engines(load({}), database_url="postgresql://p", redis_url="unix:///r", owned=True)
    assert own.owns_engines


def test_what_code_fills_in_is_no_setting() -> None:
    assert not load({"OWNS_ENGINES": "true"}).owns_engines
    assert "OWNS_ENGINES" not in {known.name for known in describe(Settings)}


def test_an_engine_that_nobody_named_is_an_error_with_its_name() -> None:
    with pytest.raises(SettingsError, match=r"^REDIS_URL: "):
        _ = load({"DATABASE_URL": POSTGRES}).engines
