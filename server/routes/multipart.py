"""A form with one file (RFC 7578), read as it arrives: what `curl -F` and HTML forms send."""

import re
from collections.abc import AsyncIterator
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import NamedTuple

from server.domain.errors import Invalid

BOUNDARY_MAX = 70
"""RFC 2046."""

HEAD_MAX = 8 * 1024
"""Headers of the file's part; browsers send three short lines."""

CHARSETS = {"utf-8", "iso-8859-1", "us-ascii"}
"""Of RFC 8187 and before. Python would decode by any codec it has, and some of those break."""

_PERCENT = re.compile(r"%(0A|0D|22)", re.IGNORECASE)


class FormFile(NamedTuple):
    """``chunks`` are the file's content."""

    name: str
    declared: str
    chunks: AsyncIterator[bytes]


async def read_form(content_type: str, body: AsyncIterator[bytes]) -> FormFile:
    """The form's file, once its headers are there. The form must have that one part alone; whether
    it has is known when ``chunks`` ends, which raises ``Invalid`` where it has not.

    Raises:
        Invalid: this is no such form.
    """
    lines = _Lines(_boundary(content_type), body)
    headers = await lines.head()
    disposition = headers.get("content-disposition", "")
    if not disposition.startswith("form-data") or "filename" not in disposition:
        raise Invalid("The form's first part must be the file.", path="$")
    return FormFile(
        name=_file_name(disposition),
        declared=headers.get("content-type", ""),
        chunks=lines.content(),
    )


class _Lines:
    """What lies between the boundaries, however the body is cut into pieces."""

    def __init__(self, boundary: bytes, body: AsyncIterator[bytes]) -> None:
        self._boundary = b"--" + boundary
        self._end = b"\r\n" + self._boundary
        self._body = body
        self._waiting = b""

    async def head(self) -> dict[str, str]:
        while (end := self._waiting.find(b"\r\n\r\n")) < 0:
            if len(self._waiting) > HEAD_MAX or not await self._more():
                raise _broken()
        head, self._waiting = self._waiting[:end].lstrip(b"\r\n"), self._waiting[end + 4 :]
        first, _, rest = head.partition(b"\r\n")
        if first.rstrip(b" \t") != self._boundary or len(head) > HEAD_MAX:
            raise _broken()
        headers = {}
        for line in rest.split(b"\r\n"):
            name, _, value = line.partition(b":")
            # Browsers write names of files as they are.
            headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace").strip()
        return headers

    async def content(self) -> AsyncIterator[bytes]:
        # An empty file has its boundary at once, without a line before it.
        self._waiting = b"\r\n" + self._waiting
        skipped = 2
        while (at := self._waiting.find(self._end)) < 0:
            # What may be the beginning of a boundary waits for the rest of it.
            if (sure := len(self._waiting) - len(self._end)) > skipped:
                yield self._waiting[skipped:sure]
                self._waiting, skipped = self._waiting[sure:], 0
            if not await self._more():
                raise _broken()
        if at > skipped:
            yield self._waiting[skipped:at]
        self._waiting = self._waiting[at + len(self._end) :]
        while len(self._waiting) < 2:
            if not await self._more():
                raise _broken()
        if not self._waiting.startswith(b"--"):
            raise Invalid("The form must have one part, the file.", path="$")
        async for _ in self._body:
            pass  # what follows a form means nothing, and the client waits for it to be read

    async def _more(self) -> bool:
        async for chunk in self._body:
            if chunk:
                self._waiting += chunk
                return True
        return False


def _boundary(content_type: str) -> bytes:
    boundary = parameter(content_type, "boundary").rstrip()
    if not boundary.isascii() or not 0 < len(boundary) <= BOUNDARY_MAX:
        raise Invalid("The form names no boundary.", path="$header.Content-Type")
    return boundary.encode()


def _file_name(disposition: str) -> str:
    """Browsers write a quote and a line's end as ``%22`` and the like, curl with a backslash."""
    return _PERCENT.sub(" ", parameter(disposition, "filename"))


def parameter(header: str, name: str) -> str:
    """A parameter of a header's value, as text or in its extended form; empty: it has none."""
    message = Message()
    message["header"] = header
    found = message.get_param(name, "", "header")
    if isinstance(found, str):
        return found
    charset, _, text = found
    return collapse_rfc2231_value(found) if (charset or "").lower() in CHARSETS else text


def _broken() -> Invalid:
    return Invalid("The form breaks off, or is none.", path="$")
