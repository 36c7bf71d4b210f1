"""Server-sent events taken apart as bytes, before anything is decoded."""

from server.domain.errors import ProviderProtocol

EVENT_MAX = 32 * 1024 * 1024
"""Bytes of one event: six times the longest chunk that a provider was ever seen to send (5 MB).
A server that never ends its line would otherwise fill our memory."""


class SseSplitter:
    """Bytes in, ``data`` payloads out, wherever the network happened to cut.

    Lines end in LF, CRLF or CR, an event ends at an empty line, several ``data`` lines join with
    LF. Comments and the other fields carry nothing that a provider's stream needs. Time is linear
    in the bytes, even when a long line arrives one byte at a time.
    """

    def __init__(self, provider: str, limit: int = EVENT_MAX) -> None:
        self._provider = provider
        self._limit = limit
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Payloads of all events that ``chunk`` completes.

        Raises:
            ProviderProtocol: one event is longer than the limit.
        """
        if (payloads := self._whole(chunk)) is not None:
            return payloads
        self._size += len(chunk)
        if self._size > self._limit:
            raise ProviderProtocol(
                f"{self._provider} sent an event of more than {self._limit} bytes."
            )
        if b"\n" not in chunk and b"\r" not in chunk and not self._ends_in_cr():
            self._line.append(chunk)
            return []
        lines = b"".join((*self._line, chunk)).splitlines(keepends=True)
        # A final CR may be the first half of CRLF: it waits for the next byte.
        self._line = [lines.pop()] if lines and not lines[-1].endswith(b"\n") else []
        return self._take(lines)

    def _whole(self, chunk: bytes) -> list[bytes] | None:
        """The payloads of a chunk of whole events of one ``data`` line each, which nearly all are;
        None: it is something else."""
        if self._line or self._data or len(chunk) > self._limit:
            return None
        if not (chunk.startswith(b"data: ") and chunk.endswith(b"\n\n")) or b"\r" in chunk:
            return None
        payloads = chunk[6:-2].split(b"\n\ndata: ")
        return payloads if chunk.count(b"\n") == 2 * len(payloads) else None

    def finish(self) -> list[bytes]:
        """What the last lines hold when a body ends without the empty line that is due."""
        lines = [*self._line, b"\n", b"\n"] if self._line else [b"\n"]
        self._line = []
        return self._take(b"".join(lines).splitlines(keepends=True))

    def _ends_in_cr(self) -> bool:
        return bool(self._line) and self._line[-1].endswith(b"\r")

    def _take(self, lines: list[bytes]) -> list[bytes]:
        events: list[bytes] = []
        for line in lines:
            text = line.rstrip(b"\r\n")
            if text.startswith(b"data:"):
                self._data.append(text[6:] if text[5:6] == b" " else text[5:])
            elif not text and self._data:
                events.append(b"\n".join(self._data) if len(self._data) > 1 else self._data[0])
                self._data = []
        if not self._data:
            self._size = sum(map(len, self._line))
        return events
