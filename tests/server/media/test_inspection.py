"""What a file is, its bytes say; what it says of itself may only agree."""

import hashlib
import tempfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Invalid, UnsupportedMedia
from server.media.inspection import Content, Inspection
from tests.support.pictures import gif, jpeg, png

PIXELS = 1_000


def inspect(data: bytes, declared: str = "", name: str = "", *, block: int = 64) -> Content:
    inspection = Inspection(declared, name)
    with tempfile.TemporaryFile() as file:
        for at in range(0, len(data), block):
            inspection.feed(data[at : at + block])
            file.write(data[at : at + block])
        file.flush()
        return inspection.end(file, PIXELS)


def test_a_picture_and_a_text_are_told_apart_and_described() -> None:
    data = png(20, 10)
    found = inspect(data, "image/png", "x.png")
    assert (found.kind, found.media_type, found.width, found.height) == (
        "image",
        "image/png",
        20,
        10,
    )
    assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).digest())
    text = "Grüße, 世界 👋\n".encode() * 100
    found = inspect(text, "text/markdown", "x.md")
    assert (found.kind, found.media_type, found.width, found.height) == ("file", "text/plain", 0, 0)
    assert (found.size, found.sha256) == (len(text), hashlib.sha256(text).digest())


@given(st.text(st.characters(exclude_categories=["C"])), st.integers(16, 40))
def test_any_text_is_one_wherever_it_is_cut_in_pieces(text: str, block: int) -> None:
    if text and not text.startswith(("%PDF-", "GIF87a", "GIF89a")):
        assert inspect(text.encode(), block=block).size == len(text.encode())


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("", ""),
        ("application/octet-stream", "x"),
        ("application/x-www-form-urlencoded", "x.py"),
        ("text/csv; charset=utf-8", "x.csv"),
        ("application/json", "x.json"),
        ("TEXT/X-Python", "x.py"),
        ("video/mp2t", "module.ts"),
        ("application/javascript", "x.js"),
        ("application/vnd.ms-excel", "x.csv"),
    ],
)
def test_a_text_may_go_by_many_names(declared: str, name: str) -> None:
    assert inspect(b"a = 1\n", declared, name).kind == "file"


@pytest.mark.parametrize(
    ("data", "declared", "name"),
    [
        (b"no picture", "image/png", "x.png"),
        (b"no picture", "", "cat.PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "x.svg"),
        (png(), "image/jpeg", "x.jpg"),
        (png(), "", "x.jpg"),
        (png(), "text/plain", "notes.txt"),
        (jpeg(), "application/json", "x.json"),
        (b"text", "application/pdf", "x.pdf"),
        (b"%PDF-1.7\ntext alone", "application/pdf", "x.pdf"),
        (b"%PDF-1.7\ntext alone", "text/plain", "x.txt"),
        (b"MZ\x90\0\x03", "", "x.exe"),
        (b"PK\x03\x04" + b"\0" * 40, "", "x.zip"),
        ("UTF-16".encode("utf-16"), "text/plain", "x.txt"),
        ("Latin-1: é".encode("latin-1"), "text/plain", "x.txt"),
        (b"cut in a letter \xe2\x82", "text/plain", "x.txt"),
        (b"a\0b", "text/plain", "x.txt"),
        (b"x" * 500 + b"\x07", "text/plain", "x.txt"),
        (png()[:-1], "image/png", "x.png"),
        (png(200, 200), "image/png", "x.png"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_everything_else_is_refused(data: bytes, declared: str, name: str) -> None:
    with pytest.raises(UnsupportedMedia):
        inspect(data, declared, name)


@pytest.mark.parametrize("declared", ["image/jpg", "image/pjpeg", "image/jpeg;q=1"])
def test_a_jpeg_has_three_names(declared: str) -> None:
    assert inspect(jpeg(), declared).media_type == "image/jpeg"


def test_nothing_is_no_file() -> None:
    with pytest.raises(Invalid):
        inspect(b"", "image/png")


@given(st.binary(min_size=1, max_size=300), st.sampled_from([b"", png(), jpeg(), gif()]))
def test_no_bytes_bring_it_down(junk: bytes, before: bytes) -> None:
    with suppress(UnsupportedMedia):
        assert inspect(before[: len(junk) // 2] + junk).size > 0
