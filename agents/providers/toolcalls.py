"""Tool calls put together from the pieces in which they stream."""

from agents.providers.text import clean
from server.domain.content import ToolCall

NO_ARGUMENTS = "{}"
"""What a model means that calls a tool without parameters and writes nothing at all."""


class GatheredCalls:
    """The calls of one answer, by the vendor's index, in the order in which they were opened."""

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def open(self, at: int, id: str | None, name: str | None, signature: str | None = None) -> None:
        """A call begins; said again, only what was missing is taken."""
        call = self._calls.setdefault(at, _Call())
        call.id, call.name = call.id or id, call.name or name
        call.signature = call.signature or signature

    def add(self, at: int, piece: str) -> None:
        self._calls.setdefault(at, _Call()).pieces.append(piece)

    def whole(self) -> tuple[ToolCall, ...]:
        """Those that have a name. An id that the server left out is made up, from the position."""
        return tuple(
            ToolCall(
                id=call.id or f"call_{at}",
                name=call.name,
                arguments=clean("".join(call.pieces)).strip() or NO_ARGUMENTS,
                signature=call.signature,
            )
            for at, call in enumerate(self._calls.values())
            if call.name
        )


class _Call:
    def __init__(self) -> None:
        self.id: str | None = None
        self.name: str | None = None
        self.signature: str | None = None
        self.pieces: list[str] = []
