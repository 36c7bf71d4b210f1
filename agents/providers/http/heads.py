"""What a request looks like on the wire, up to its body."""

import re

import httpx2
from msgspec import Struct

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(rb"[\x21-\x7e]+")
_ILLEGAL = re.compile(rb"[\x00\n\r\f\v]|\A[ \t]|[ \t]\Z")
"""In a header's value. Other control characters pass, as with the stock transport: the web has
them in its cookies."""


class RequestHead(Struct, frozen=True, kw_only=True):
    """Request line and headers, and how the body is framed: in chunks, or as ``length`` bytes."""

    data: bytes
    method: str
    is_chunked: bool
    length: int


def request_head(request: httpx2.Request) -> RequestHead:
    """Headers go out as they were given, in their order.

    Raises:
        httpx2.LocalProtocolError: what no server could understand, or would understand as another
            request than the one that was meant.
    """
    method, target = request.method.encode("latin-1"), request.url.raw_path
    if not _TOKEN.fullmatch(method) or method == b"CONNECT":
        raise httpx2.LocalProtocolError(f"Illegal method {request.method!r}")
    if not _TARGET.fullmatch(target):
        raise httpx2.LocalProtocolError(f"Illegal target {target!r}")
    lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
    hosts, coding, length = 0, b"", b""
    for name, value in request.headers.raw:
        if not _TOKEN.fullmatch(name):
            raise httpx2.LocalProtocolError(f"Illegal header name {name!r}")
        if _ILLEGAL.search(value):
            # Without the value: it may be a key with a line feed behind it.
            raise httpx2.LocalProtocolError(f"Illegal value of the header {name!r}")
        lines.append(b"%b: %b\r\n" % (name, value))
        match name.lower():
            case b"host":
                hosts += 1
            case b"transfer-encoding":
                coding += value.lower()
            case b"content-length":
                # Two of them become one that is no number, or no length of any body.
                length += value
            case _:
                pass
    if hosts != 1:
        raise httpx2.LocalProtocolError("A request has one Host header")
    if coding not in (b"", b"chunked") or (length and not length.isdigit()):
        raise httpx2.LocalProtocolError("The length of the body cannot be told")
    lines.append(b"\r\n")
    return RequestHead(
        data=b"".join(lines),
        method=request.method,
        is_chunked=bool(coding),
        length=int(length or 0),
    )
