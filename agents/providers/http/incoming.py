"""Takes one response apart as it arrives."""

import httpx2
from httptools import HttpParserError, HttpResponseParser
from msgspec import Struct

from agents.providers.http.body import Body

HEAD_MAX = 64 * 1024
"""Bytes of names and values in a response's head. Vendors send 2 KB."""

SILENCE_MAX = 2 * HEAD_MAX
"""Bytes in a row that bring nothing of a body: heads, hints before them, endless chunk extensions,
trailers. Nobody means well with more."""


class Head(Struct, frozen=True, kw_only=True):
    """Status line and headers, these as they were sent: names in the server's own case."""

    status: int
    reason: bytes
    version: bytes
    headers: list[tuple[bytes, bytes]]


class Incoming:
    """One response: ``head`` is None until it is there; what follows goes to ``body``.

    The ``on_…`` methods are the parser's. It is made anew for each response, so that no state can
    leak into the next.
    """

    def __init__(self, method: str, body: Body) -> None:
        self.body = body
        self.head: Head | None = None
        self.is_complete = False
        self.keeps_alive = False
        """The server leaves the connection open behind this response, and sent nothing more."""
        self._has_body = method != "HEAD"
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self._silence = 0
        self._parser = HttpResponseParser(self)
        # As lenient as the stock transport, and safe here: nobody behind us reads it otherwise.
        self._parser.set_dangerous_leniencies(
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    def feed(self, data: bytes) -> None:
        """Raises httpx2.RemoteProtocolError: this is not HTTP, or too much of it."""
        if self.is_complete:
            self.keeps_alive = False
            return
        self._silence += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._refuse(error)
        if self._silence > SILENCE_MAX:
            raise httpx2.RemoteProtocolError("The server sends bytes that say nothing.")
        self.body.arrived()

    def end(self) -> None:
        """The server closed the connection: the end of a body that has no other.

        Raises:
            httpx2.RemoteProtocolError: the response is cut short.
        """
        if self.is_complete:
            return
        if self.head is None:
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
        framing = {name.lower() for name, _ in self.head.headers}
        if framing & {b"content-length", b"transfer-encoding"}:
            raise httpx2.RemoteProtocolError(
                "The server closed the connection before the end of its response."
            )
        self._complete()

    def _refuse(self, error: HttpParserError) -> None:
        """Behind a whole response garbage hurts nobody, if nobody asks there again."""
        if not self.is_complete:
            raise httpx2.RemoteProtocolError(str(error.__context__ or error)) from error
        self.keeps_alive = False

    def on_message_begin(self) -> None:
        if self.is_complete:
            self.keeps_alive = False

    def on_status(self, part: bytes) -> None:
        self._reason += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head is not None:
            return  # a trailer, which nobody asks for
        self._head_size += len(name) + len(value)
        if self._head_size > HEAD_MAX:
            raise httpx2.RemoteProtocolError("The head of the response is too long.")
        if name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
            raise httpx2.RemoteProtocolError(f"Transfer-Encoding {value!r} was not asked for.")
        self._headers.append((name, value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        if self.head is not None:
            return
        status = self._parser.get_status_code()
        if status == 101:
            raise httpx2.RemoteProtocolError("The server changed to a protocol of its own accord.")
        if status < 200:  # a hint: the response is still to come
            self._reason, self._headers = b"", []
            return
        self.head = Head(
            status=status,
            reason=self._reason,
            version=b"HTTP/" + self._parser.get_http_version().encode(),
            headers=self._headers,
        )
        if not self._has_body:
            self.keeps_alive = self._parser.should_keep_alive()
            self._complete()

    def on_body(self, part: bytes) -> None:
        if self.is_complete:
            self.keeps_alive = False
            return
        self._silence = 0
        self.body.add(part)

    def on_message_complete(self) -> None:
        if self.head is not None and not self.is_complete:
            self.keeps_alive = self._parser.should_keep_alive()
            self._complete()

    def _complete(self) -> None:
        self.is_complete = True
        self.body.end()
