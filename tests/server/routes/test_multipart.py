"""Forms with one file, however they are cut in pieces."""

from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Invalid
from server.routes.multipart import FormFile, read_form

BOUNDARY = "----WebKitFormBoundaryAbC123"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def form(*parts: bytes, boundary: str = BOUNDARY, end: bytes = b"--\r\n") -> bytes:
    line = b"--" + boundary.encode()
    return b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + end


def part(content: bytes, disposition: str = 'name="file"; filename="cat.png"') -> bytes:
    head = f"Content-Disposition: form-data; {disposition}\r\nContent-Type: image/png\r\n\r\n"
    return head.encode() + content


async def sent(body: bytes, cuts: Iterable[int] = ()) -> AsyncIterator[bytes]:
    before = 0
    for cut in sorted({*cuts, len(body)}):
        yield body[before:cut]
        before = cut


async def read(body: bytes, cuts: Iterable[int] = (), type_: str = TYPE) -> tuple[FormFile, bytes]:
    found = await read_form(type_, sent(body, cuts))
    return found, b"".join([chunk async for chunk in found.chunks])


FRAGMENTS = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([b"\r\n", b"\r", b"--", b"\r\n--", f"\r\n--{BOUNDARY[:-1]}".encode()]),
)


@given(st.lists(FRAGMENTS, max_size=8).map(b"".join), st.lists(st.integers(0, 500), max_size=10))
async def test_the_file_comes_out_whole_wherever_the_form_is_cut(
    content: bytes, cuts: list[int]
) -> None:
    body = form(part(content))
    found, read_back = await read(body, [cut for cut in cuts if cut < len(body)])
    assert read_back == content
    assert (found.name, found.declared) == ("cat.png", "image/png")


async def test_every_single_cut_leaves_it_whole() -> None:
    body = form(part(b"con\r\n--tent\r\n"))
    for cut in range(len(body)):
        assert (await read(body, [cut]))[1] == b"con\r\n--tent\r\n"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="file"; filename="Grüße 猫.txt"', "Grüße 猫.txt"),
        ("name=file; filename=plain.txt", "plain.txt"),
        ('name="file"; filename="a%22b%0D%0Ac.txt"', "a b  c.txt"),
        ('name="file"; filename="x"; filename*=UTF-8\'\'caf%C3%A9.txt', "café.txt"),
        ('name="file"; filename=""', ""),
        ("name=file; filename*=iso-8859-1'de'Gr%FC%DFe.txt", "Grüße.txt"),
        ("name=file; filename*=undefined''plain.txt", "plain.txt"),
        ("name=file; filename*=idna''plain.txt", "plain.txt"),
        ("name=file; filename*=utf-8%00''plain.txt", "plain.txt"),
    ],
)
async def test_names_are_read_as_browsers_and_curl_write_them(disposition: str, name: str) -> None:
    found, _ = await read(form(part(b"x", disposition)))
    if "filename*" not in disposition:
        assert found.name == name
    else:
        assert found.name in {name, "x"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        form(part(b"x", 'name="text"')),
        form(part(b"x"), part(b"y")),
        form(part(b"x"), end=b""),
        form(part(b"x"), boundary="other"),
        form(part(b"x"))[:-20],
        b"x" * 20_000,
        form(b"Content-Disposition: form-data; filename=x\r\n" + b"A: b\r\n" * 2_000 + b"\r\nx"),
    ],
    ids=lambda body: repr(body[:10]),
)
async def test_what_is_no_such_form_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        await read(body)


@pytest.mark.parametrize("type_", ["multipart/form-data", f"{TYPE}{'x' * 70}", f"{TYPE}é"])
async def test_a_boundary_is_named(type_: str) -> None:
    with pytest.raises(Invalid):
        await read(form(part(b"x")), type_=type_)


async def test_a_form_is_not_gathered_in_memory() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield form(part(b""))[: -len(BOUNDARY) - 8]
        for _ in range(1_000):
            yield b"x" * 60_000

    found = await read_form(TYPE, endless())
    sizes = [len(await anext(found.chunks)) for _ in range(500)]
    assert max(sizes) <= 60_000 + len(BOUNDARY) + 4


@pytest.mark.parametrize("charset", ["undefined", "idna", "punycode", "utf-8\0"])
async def test_a_boundary_of_an_odd_charset_is_refused_or_used(charset: str) -> None:
    type_ = f"multipart/form-data; boundary*={charset}''{BOUNDARY}"
    assert (await read(form(part(b"content")), type_=type_))[1] == b"content"
    with pytest.raises(Invalid, match="boundary"):
        await read(b"", type_=f"multipart/form-data; boundary*={charset}''%ff")
