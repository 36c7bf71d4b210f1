"""A session's decisions as a value: frames in, actions out. It waits for nothing, knows no socket.

Every command gets exactly one direct answer: what the machine can answer itself (a ``ping``, a
refusal) it answers at once, for the rest it returns an action whose performer sends the answer and
then says ``answered``. A machine is made only for a user already authenticated, so nothing asks.
"""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from server.protocol.codec import decode
from server.protocol.commands import (
    AttachTurn,
    CancelTurn,
    ClientCommand,
    EstimateTurn,
    Ping,
    StartTurn,
    SubscribeConversation,
    UnsubscribeConversation,
)
from server.protocol.events import Pong, ServerEvent
from server.protocol.gate import Close, Gate, MachineLimits, Refuse


class Start(Struct, frozen=True):
    command: StartTurn


class Estimate(Struct, frozen=True):
    command: EstimateTurn


class Cancel(Struct, frozen=True):
    command: CancelTurn


class Attach(Struct, frozen=True):
    command: AttachTurn


class Subscribe(Struct, frozen=True):
    command: SubscribeConversation


class Unsubscribe(Struct, frozen=True):
    command: UnsubscribeConversation


class Send(Struct, frozen=True):
    event: ServerEvent


Asked: TypeAlias = Start | Estimate | Cancel | Attach | Subscribe | Unsubscribe
"""Actions that somebody has to answer."""

Action: TypeAlias = Asked | Send | Close


class SessionMachine:
    """The gate of ``causerie.v1``, and what its commands ask for."""

    def __init__(self, limits: MachineLimits, now: datetime) -> None:
        self._gate: Gate[ClientCommand] = Gate(limits, now, decode)

    @property
    def unanswered(self) -> frozenset[str]:
        """Ids of commands that somebody still has to answer."""
        return self._gate.unanswered

    def answered(self, command_id: str) -> None:
        """The direct answer to ``command_id`` was sent; its id may be used again."""
        self._gate.answered(command_id)

    def receive(self, frame: str | bytes, now: datetime) -> list[Action]:
        """What to do about one frame; ``str`` is a text frame, ``bytes`` a binary one.

        Never raises. After a ``Close`` it answers nothing more.
        """
        received = self._gate.receive(frame, now)
        if isinstance(received, list):
            return [Send(item.event) if isinstance(item, Refuse) else item for item in received]
        return [self._act(received)]

    def _act(self, command: ClientCommand) -> Action:
        if isinstance(command, Ping):
            self.answered(command.id)
            return Send(Pong(re=command.id))
        action: Asked
        match command:
            case StartTurn():
                action = Start(command)
            case EstimateTurn():
                action = Estimate(command)
            case CancelTurn():
                action = Cancel(command)
            case AttachTurn():
                action = Attach(command)
            case SubscribeConversation():
                action = Subscribe(command)
            case UnsubscribeConversation():
                action = Unsubscribe(command)
        return action
