"""What a tool is: something that a model may ask for while it answers."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct


class ToolContext(Struct, frozen=True, kw_only=True):
    """What every tool may know of the turn that it is called in. ``now`` is UTC."""

    now: datetime
    correlation_id: str


class Tool(Protocol):
    """``description`` is for the model: what it answers, when to ask. ``parameters`` is a struct,
    frozen and forbidding unknown fields; its docstring and those of ``Meta`` reach the model."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def parameters(self) -> type[Struct]: ...

    async def run(self, arguments: Any, context: ToolContext) -> str:
        """Answer the model, in a text that it reads; JSON where there are figures.

        ``arguments`` is a ``parameters``, valid by type.

        Raises:
            AppError: the model is told its message; it may ask again, or do without.
        """
        ...
