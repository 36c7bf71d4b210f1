"""What a cost can be out of the ordinary of: a creator, feature, agent, model, or everything."""

from typing import NamedTuple

from billing.alerts import ScopeKind, scope_text
from billing.costbook import Key


class Scope(NamedTuple):
    """``key`` is empty for the whole system."""

    kind: ScopeKind
    key: str

    def has(self, key: Key) -> bool:
        """Whether calls of ``key`` count for it."""
        match self.kind:
            case "system":
                return True
            case "creator":
                return str(key.creator) == self.key
            case "feature":
                return key.feature == self.key
            case "agent":
                return key.agent == self.key
            case "model":
                return key.model == self.key
            case "provider":
                return key.provider == self.key

    def __str__(self) -> str:
        return scope_text(self.kind, self.key)


SYSTEM = Scope("system", "")

DIMENSIONS: tuple[ScopeKind, ...] = ("creator", "feature", "model", "agent")
"""From the one that is paused with the least harm to the one with the most."""


def scopes_of(key: Key) -> tuple[Scope, ...]:
    """Everything that a call counts for, in the order of ``DIMENSIONS``, the system last."""
    return (
        Scope("creator", str(key.creator)),
        Scope("feature", key.feature),
        Scope("model", key.model),
        Scope("agent", key.agent),
        SYSTEM,
    )
