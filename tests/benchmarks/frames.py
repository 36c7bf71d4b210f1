"""WebSocket as a load generator needs it: whole unmasked frames in, masked ones out."""

import base64
import os
from collections.abc import Iterator, Mapping

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA

_FINAL = 0x80
_MASKED = 0x80
_SHORT_MAX, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127


class FrameReader:
    """Bytes as they come from a socket, cut into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Opcode and payload of each frame that is whole by now.

        Raises:
            ValueError: a fragment, which none of the servers measured here sends.
        """
        if self._rest:
            data = self._rest + data
        at, size = 0, len(data)
        while size - at >= 2:
            length, body = data[at + 1], at + 2
            if length > _SHORT_MAX:
                body += 2 if length == _TWO_BYTES else 8
                if size < body:
                    break
                length = int.from_bytes(data[at + 2 : body], "big")
            if size < body + length:
                break
            if not data[at] & _FINAL:
                raise ValueError("a fragmented message")
            yield data[at] & 0xF, data[body : body + length]
            at = body + length
        self._rest = data[at:]


def frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame. Its mask is zero, which leaves the payload as it is and is lawful."""
    size = len(payload)
    if size <= _SHORT_MAX:
        head = bytes((_FINAL | opcode, _MASKED | size))
    elif size < 1 << 16:
        head = bytes((_FINAL | opcode, _MASKED | _TWO_BYTES)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FINAL | opcode, _MASKED | _EIGHT_BYTES)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


def upgrade(host: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The request that opens a WebSocket."""
    sent = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode()
