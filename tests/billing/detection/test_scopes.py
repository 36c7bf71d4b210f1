"""What a call counts for."""

from uuid import UUID

import pytest

from billing.costbook import Key
from billing.detection.scopes import SYSTEM, Scope, scopes_of

KEY = Key(UUID(int=7), "chat", "assistant", "demo/small", "demo")


def test_a_call_counts_for_all_that_it_is_of() -> None:
    scopes = scopes_of(KEY)
    assert [str(scope) for scope in scopes] == [
        f"creator {UUID(int=7)}",
        "feature chat",
        "model demo/small",
        "agent assistant",
        "system",
    ]
    assert all(scope.has(KEY) for scope in (*scopes, Scope("provider", "demo")))


@pytest.mark.parametrize("kind", ["creator", "feature", "model", "agent", "provider"])
def test_it_counts_for_nothing_else(kind: str) -> None:
    assert not Scope(kind, "other").has(KEY)  # type: ignore[arg-type]  # one of the kinds


def test_the_system_has_every_call() -> None:
    assert SYSTEM.has(Key(UUID(int=8), "", "", "", ""))
