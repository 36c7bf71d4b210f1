"""What goes out is what was asked for, or nothing at all."""

import httpx2
import pytest

from agents.providers.http.heads import request_head

URL = "http://a.example/x?y=z"


def test_a_head_keeps_names_values_and_their_order() -> None:
    headers = [(b"X-B", b"1"), (b"x-a", b"\xe9 \x01"), (b"X-B", b"2")]
    request = httpx2.Request("PUT", URL, headers=headers, content=b"four")
    head = request_head(request)
    assert head.data == (
        b"PUT /x?y=z HTTP/1.1\r\nHost: a.example\r\nX-B: 1\r\nx-a: \xe9 \x01\r\nX-B: 2\r\n"
        b"Content-Length: 4\r\n\r\n"
    )
    assert (head.method, head.length, head.is_chunked) == ("PUT", 4, False)


def test_without_a_length_a_body_is_chunked_and_without_a_body_empty() -> None:
    chunked = request_head(httpx2.Request("POST", URL, headers={"Transfer-Encoding": "Chunked"}))
    assert (chunked.length, chunked.is_chunked) == (0, True)
    assert request_head(httpx2.Request("GET", URL)).length == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "b\r\nX-C: d"},
        {"X-A": "b\n"},
        {"X-A": "b\r"},
        {"X-A": "b\0"},
        {"X-A": " b"},
        {"X-A": "b\t"},
        {"X A": "b"},
        {"": "b"},
        {"X:": "b"},
        {"X-A\r\nX-B": "c"},
        [("Host", "a"), ("Host", "b")],
        {"Content-Length": "-1"},
        {"Content-Length": "1, 2"},
        {"Transfer-Encoding": "gzip, chunked"},
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
    ],
)
def test_what_a_server_could_take_for_something_else_is_refused(
    headers: dict[str, str] | list[tuple[str, str]],
) -> None:
    with pytest.raises(httpx2.LocalProtocolError):
        request_head(httpx2.Request("GET", URL, headers=headers))


@pytest.mark.parametrize("method", ["GET /", "", "CONNECT", "GET\r\n"])
def test_what_is_no_method_of_ours_is_refused(method: str) -> None:
    with pytest.raises(httpx2.LocalProtocolError):
        request_head(httpx2.Request(method, URL))


def test_a_refused_value_is_not_quoted() -> None:
    """A key with a line feed behind it, out of a file."""
    request = httpx2.Request("GET", URL, headers={"Authorization": "Bearer sk-secret\n"})
    with pytest.raises(httpx2.LocalProtocolError) as refused:
        request_head(request)
    assert "secret" not in str(refused.value)
