"""Reading a request's body, never more of it than is allowed."""

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from server.domain.errors import Invalid, TooLarge, UnsupportedMedia


async def read_json(request: Request, most: int) -> bytes:
    """The bytes of a JSON body.

    Raises:
        UnsupportedMedia: it says that it is something else.
        TooLarge: announced or sent more than ``most`` bytes; what was sent beyond is not read.
        ClientDisconnect: the client has gone.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Without a type it is taken for JSON; a form of another site can name three types, none of
    # which is let through, so SameSite and Origin are not the only guards.
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMedia("The body must be application/json.")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise UnsupportedMedia("The body must not be compressed.")
    check_length(request, most)
    return await _read(request, most)


def check_length(request: Request, most: int) -> None:
    """Raises TooLarge: it announces more than ``most`` bytes, so none of them is read."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise _too_large(most)


async def stream_body(request: Request, most: int) -> AsyncIterator[bytes]:
    """A long body piece by piece.

    Raises:
        TooLarge: it has more than ``most`` bytes.
        ClientDisconnect: the client has gone, or was given up because it was too slow.
    """
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise _too_large(most)
        yield piece


async def _read(request: Request, most: int) -> bytes:
    return b"".join([piece async for piece in stream_body(request, most)])


async def refuse_body(request: Request) -> None:
    """For operations without a body: ``{}`` and nothing are fine, anything else is a mistake."""
    body = await _read(request, 1_024)
    if body.strip() not in {b"", b"{}"}:
        raise Invalid("This request has no body.", path="$")


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"A body may have {most} bytes.", metadata={"limit": most, "scope": "body"})


__all__ = ["ClientDisconnect", "check_length", "read_json", "refuse_body", "stream_body"]
