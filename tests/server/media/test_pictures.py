"""Pictures are known by their bytes, measured, and refused where a part is missing."""

import tempfile

import pytest

from server.domain.errors import UnsupportedMedia
from server.media.pictures import SEGMENTS_MAX, Size, measure, picture_type
from tests.support.pictures import gif, jpeg, png, webp

KINDS = {
    "image/png": png(40, 30),
    "image/jpeg": jpeg(40, 30),
    "image/gif": gif(40, 30),
    "image/webp": webp(40, 30),
}


def measured(data: bytes, pixels_max: int = 10_000) -> Size:
    kind = picture_type(data)
    assert kind is not None
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return measure(file, kind, pixels_max)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_bytes_and_measured(kind: str) -> None:
    assert picture_type(KINDS[kind]) == kind
    assert measured(KINDS[kind]) == (40, 30)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_off_is_refused_wherever_it_was_cut(kind: str) -> None:
    whole = KINDS[kind]
    for length in range(16, len(whole)):
        if whole[:length].endswith(b"\x3b"):
            continue  # the one byte that ends a GIF, in the middle of another one
        with pytest.raises(UnsupportedMedia):
            measured(whole[:length])


def test_what_follows_the_end_of_a_picture_does_no_harm() -> None:
    assert measured(png() + b"trailing") == (2, 3)
    assert measured(jpeg() + b"\0" * 5_000) == (2, 3)
    assert measured(gif() + b"\0\0") == (2, 3)


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture() -> None:
    whole = jpeg(thumbnail=jpeg())
    assert measured(whole) == (2, 3)
    with pytest.raises(UnsupportedMedia):
        measured(whole[:-2])


@pytest.mark.parametrize(
    "data",
    [
        png(0, 5),
        jpeg(0, 5),
        b"\xff\xd8\xff" + b"junk" * 1_000 + b"\xff\xd9",
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * (SEGMENTS_MAX + 1) + jpeg()[2:],
        b"\xff\xd8\xff\xe0\x00\x00" + jpeg()[2:],
        # A picture that is none: its one segment begins the pixels.
        b"\xff\xd8\xff\xda\x00\x02\x12\xff\xd9",
        b"RIFF\x08\x00\x00\x00WEBPVP9 ",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_has_no_readable_size_is_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        measured(data)


def test_a_picture_that_would_unpack_to_too_much_is_refused_with_its_size() -> None:
    assert measured(png(100, 100)) == (100, 100)
    for huge in (png(101, 100), png(2**31, 2**31), jpeg(65_535, 65_535), webp(16_384, 16_384)):
        with pytest.raises(UnsupportedMedia) as refused:
            measured(huge)
        assert refused.value.metadata["limit"] == 10_000


@pytest.mark.parametrize("head", [b"", b"\x89PNG", b"GIF88a", b"RIFF\0\0\0\0WAVE", b"BM", b"<svg"])
def test_other_beginnings_are_no_picture(head: bytes) -> None:
    assert picture_type(head) is None
