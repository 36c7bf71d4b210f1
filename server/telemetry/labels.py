"""Names of users' making, as metrics have them: by one name for all, for each value costs."""

from uuid import UUID

CUSTOM = "custom"
"""All agents of creators' own making, which go by their ids."""


def agent_label(agent: str) -> str:
    """``agent`` as it is called in metrics."""
    try:
        UUID(agent)
    except ValueError:
        return agent
    return CUSTOM
