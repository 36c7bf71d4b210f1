"""Exactly our own origin and the listed ones may use a cookie."""

import pytest

from server.accounts.origins import Origins
from server.domain.errors import Forbidden

ORIGINS = Origins("https://chat.example.com", ["https://host.example.com"])


@pytest.mark.parametrize("origin", ["https://chat.example.com", "https://host.example.com"])
def test_known_origins_may_change_things(origin: str) -> None:
    ORIGINS.check("POST", origin)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://chat.example.com",
        "https://chat.example.com/",
        "https://chat.example.com:443",
        "https://chat.example.com.evil.example",
        "https://evil.example/https://chat.example.com",
        "https://CHAT.example.com",
        "https://localhost",
    ],
)
def test_others_may_only_read(origin: str | None) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "post"):
        with pytest.raises(Forbidden):
            ORIGINS.check(method, origin)
    for method in ("GET", "HEAD", "OPTIONS"):
        ORIGINS.check(method, origin)


def test_both_names_of_the_loopback_are_this_machine() -> None:
    local = Origins("http://127.0.0.1:8000")
    assert local.allows("http://localhost:8000")
    assert not local.allows("http://localhost:8001")
    assert not local.allows("https://localhost:8000")
    assert Origins("http://localhost").allows("http://127.0.0.1")
    assert not Origins("http://localhost.example").allows("http://127.0.0.1.example")
