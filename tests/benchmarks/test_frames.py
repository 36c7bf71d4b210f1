import pytest

from tests.benchmarks import frames


def served(payload: bytes, opcode: int = frames.TEXT) -> bytes:
    """A frame as a server sends it: ours without the bit and the bytes of the mask."""
    masked = frames.frame(opcode, payload)
    at = len(masked) - len(payload) - 4
    return bytes((masked[0], masked[1] & 0x7F)) + masked[2:at] + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_of_any_size_comes_whole(size: int) -> None:
    assert list(frames.FrameReader().feed(served(b"x" * size))) == [(frames.TEXT, b"x" * size)]


def test_frames_come_whole_however_the_bytes_are_cut() -> None:
    sent = [(frames.TEXT, b"one"), (frames.PING, b""), (frames.TEXT, b"y" * 300)]
    wire = b"".join(served(payload, opcode) for opcode, payload in sent)
    for step in (1, 2, 3, 7, len(wire)):
        reader = frames.FrameReader()
        cuts = [wire[at : at + step] for at in range(0, len(wire), step)]
        assert [found for cut in cuts for found in reader.feed(cut)] == sent


def test_a_fragment_is_an_error() -> None:
    with pytest.raises(ValueError, match="fragmented"):
        list(frames.FrameReader().feed(b"\x01\x01x"))
