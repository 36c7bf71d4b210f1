"""What sessions of every dialect are to the hub."""

from uuid import UUID

from server.protocol.events import ServerEvent
from server.sockets.pump import Pump


class SessionMember:
    """A session made of a pump. It is idle while it follows no running turn."""

    def __init__(self, pump: Pump) -> None:
        self.pump = pump

    @property
    def user_id(self) -> UUID:
        return self.pump.user_id

    @property
    def credential_id(self) -> UUID:
        return self.pump.credential_id

    @property
    def address(self) -> str:
        return self.pump.address

    @property
    def is_idle(self) -> bool:
        return not self.pump.queue.following

    def tell(self, event: ServerEvent) -> None:
        self.pump.tell(event)

    def end(self, code: int, reason: str) -> None:
        self.pump.end(code, reason)
