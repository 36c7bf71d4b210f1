"""Outside data becomes a command, or a refusal that points at the field."""

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.errors import TooLarge
from server.protocol.codec import (
    Bounds,
    DeltaEncoder,
    Unreadable,
    decode,
    encode,
)
from server.protocol.commands import (
    AttachTurn,
    CancelTurn,
    ClientCommand,
    EstimateTurn,
    JsonSchemaFormat,
    Ping,
    StartTurn,
    SubscribeConversation,
    TextPart,
    TurnParams,
    UnsubscribeConversation,
)
from server.protocol.events import TurnDelta

TURN = "01936e4f-0000-7000-8000-000000000001"
START = {"type": "turn.start", "id": "c1", "clientMessageId": TURN}

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200
).filter(lambda text: not text.isspace())
ids = st.from_regex(r"[A-Za-z0-9_.\-]{1,64}", fullmatch=True)
uuids = st.uuids()
params = st.builds(
    TurnParams,
    temperature=st.floats(0, 2),
    max_output_tokens=st.integers(1, 1_000_000),
    instructions=texts,
    response_format=st.builds(JsonSchemaFormat, schema=st.dictionaries(texts, st.integers(0, 9))),
)
requests = {"text": texts, "conversation_id": uuids, "parent_id": st.none() | uuids}
commands = st.one_of(
    st.builds(StartTurn, id=ids, client_message_id=uuids, params=params, **requests),
    st.builds(EstimateTurn, id=ids, parts=st.lists(st.builds(TextPart, text=texts), min_size=1)),
    st.builds(CancelTurn, id=ids, turn_id=uuids),
    st.builds(AttachTurn, id=ids, turn_id=uuids, after_seq=st.integers(0, 2**53)),
    st.builds(SubscribeConversation, id=ids, conversation_id=uuids),
    st.builds(UnsubscribeConversation, id=ids, conversation_id=uuids),
    st.builds(Ping, id=ids),
)


def frame(**fields: Any) -> str:
    return json.dumps(fields)


def refused(raw: str | bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        decode(raw)
    return caught.value


def refusal_of(raw: str | bytes) -> Unreadable | None:
    try:
        decode(raw)
    except Unreadable as error:
        return error
    return None


@given(commands)
def test_decoding_what_was_encoded_gives_it_back(command: ClientCommand) -> None:
    assert decode(encode(command)) == command
    assert decode(encode(command).decode()) == command


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({**START, "text": "hi", "foo": 1}, "$.foo"),
        ({**START, "text": "hi", "params": {"topK": 1}}, "$.params.topK"),
        ({**START, "parts": [{"type": "text", "text": "a", "q": 1}]}, "$.parts[0].q"),
        ({**START, "parts": [{"type": "video", "mediaId": TURN}]}, "$.parts[0].type"),
        ({**START, "text": "hi", "odd key`": 1}, '$["odd key`"]'),
        ({**START, "text": ""}, "$.text"),
        ({**START, "text": "x" * 32_001}, "$.text"),
        ({**START, "text": 5}, "$.text"),
        ({**START}, "$.text"),
        ({**START, "text": "a", "regenerateOf": TURN}, "$.regenerateOf"),
        ({**START, "parts": []}, "$.parts"),
        ({**START, "parts": [{"type": "text", "text": "x" * 20_000}] * 2}, "$.parts"),
        ({**START, "text": "a", "params": {"temperature": 2.1}}, "$.params.temperature"),
        ({"type": "turn.start", "id": "c1", "text": "hi"}, "$.clientMessageId"),
        ({**START, "clientMessageId": "7", "text": "hi"}, "$.clientMessageId"),
        ({"type": "turn.attach", "id": "c1", "turnId": TURN, "afterSeq": -1}, "$.afterSeq"),
        ({"type": "turn.attach", "id": "c1", "turnId": TURN, "afterSeq": 1.5}, "$.afterSeq"),
        ({"type": "turn.attach", "id": "c1", "turnId": TURN}, "$.afterSeq"),
        ({"type": "turn.fly", "id": "c1"}, "$.type"),
        ({"id": "c1"}, "$.type"),
        ({**START, "text": "nul \0"}, "$.text"),
        ({**START, "text": "half \ud800"}, "$.text"),
        ({**START, "parts": [{"type": "text", "text": "\udfff"}]}, "$.parts[0].text"),
        ({**START, "text": "a", "params": {"temperature": float("nan")}}, "$.params.temperature"),
        ({**START, "text": "a", "params": {"temperature": float("inf")}}, "$.params.temperature"),
    ],
)
def test_a_refusal_names_the_field_and_the_command(fields: dict[str, Any], path: str) -> None:
    error = refused(json.dumps(fields))
    assert error.path == path
    assert error.command_id == "c1"
    assert encode(error.message)


@pytest.mark.parametrize("command_id", [None, 5, "", "a b", "x" * 65, "é", [], "a\n"])
def test_a_bad_id_is_refused_and_not_echoed(command_id: Any) -> None:
    error = refused(frame(type="ping", id=command_id))
    assert (error.path, error.command_id) == ("$.id", None)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "null",
        "[]",
        '"ping"',
        "{",
        '{"type":"ping","id":"a"} x',
        "\ufeff{}",
        b"\xff\xfe",
        b'{"type":"ping","id":"\xff"}',
        b'{"type":"ping","id":"a","x":\x00}',
        "{'type':'ping'}",
        "\ud800",
        "NaN",
    ],
)
def test_what_is_no_command_object_is_refused_as_a_whole(raw: str | bytes) -> None:
    error = refused(raw)
    assert error.command_id is None or error.command_id == "a"
    assert error.message.endswith(".")


def test_numbers_beyond_a_double_are_refused_with_their_path() -> None:
    raw = f'{{"type":"turn.attach","id":"a","turnId":"{TURN}","afterSeq":1e400}}'
    assert refused(raw).path == "$.afterSeq"
    digits = raw.replace("1e400", "1" + "0" * 5000)
    assert refused(digits).path == "$.afterSeq"
    assert refused(digits).command_id == "a"


def test_depth_is_bounded_before_anything_is_parsed() -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        deep = opening * 100_000 + "1" + closing * 100_000
        with pytest.raises((Unreadable, TooLarge)):
            decode(f'{{"type":"ping","id":"a","x":{deep}}}')
    error = refused('{"type":"ping","id":"a","x":' + "[" * 32 + "]" * 32 + "}")
    assert "32 levels" in error.message


def test_brackets_inside_text_are_no_depth() -> None:
    text = '{["\\' * 500
    command = decode(json.dumps({**START, "text": text}))
    assert isinstance(command, StartTurn)
    assert command.text == text


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    command = decode(json.dumps({**START, "text": "write \\u0000 for it"}))
    assert isinstance(command, StartTurn)
    assert command.text == "write \\u0000 for it"


def test_a_frame_above_the_limit_is_too_large_counted_in_bytes() -> None:
    ping = '{"type":"ping","id":"a"}'
    assert decode(ping, Bounds(frame_bytes=len(ping))) == Ping(id="a")
    with pytest.raises(TooLarge):
        decode(ping, Bounds(frame_bytes=len(ping) - 1))
    umlauts = json.dumps({**START, "text": "ü" * 100}, ensure_ascii=False)
    with pytest.raises(TooLarge):
        decode(umlauts, Bounds(frame_bytes=len(umlauts) + 99))


def test_a_lower_limit_of_text_holds_for_parts_too() -> None:
    bounds = Bounds(text_characters=3)
    decode(json.dumps({**START, "text": "abc"}), bounds)
    for given_, path in (({"text": "abcd"}, "$.text"), ({"parts": [part("ab")] * 2}, "$.parts")):
        with pytest.raises(Unreadable) as caught:
            decode(json.dumps({**START, **given_}), bounds)
        assert caught.value.path == path


def part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def test_white_space_alone_says_nothing_and_beside_words_stays() -> None:
    blank, word = {"type": "text", "text": " \n\u3000"}, {"type": "text", "text": " a "}
    assert refused(frame(**START, text=" \n\t")).path == "$.text"
    assert refused(frame(**START, parts=[blank, blank])).path == "$.parts"
    for parts in ([blank, word], [blank, {"type": "image", "mediaId": TURN}]):
        assert isinstance(decode(frame(**START, parts=parts)), StartTurn)


@pytest.mark.parametrize("raw", ["", " \n", b""])
def test_an_empty_frame_is_not_called_truncated(raw: str | bytes) -> None:
    assert refused(raw).message == "A frame holds one JSON object; this one is empty."


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_frame_is_a_command_or_a_refusal_that_can_be_sent(raw: str | bytes) -> None:
    error = refusal_of(raw)
    assert error is None or encode([error.message, error.path, error.command_id])


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["turn.start", "turn.attach", "ping"]), st.dictionaries(st.text(), _junk))
@example("turn.start", {"params": {"a": "\ud800"}})
@example("turn.start", {"- at `$.x`": "\0"})
def test_any_object_is_a_command_or_a_refusal_that_can_be_sent(
    kind: str, fields: dict[str, Any]
) -> None:
    raw = json.dumps({"type": kind, "id": "known", **fields})
    error = refusal_of(raw)
    assert error is None or encode([error.message, error.path])
    assert error is None or "id" in fields or error.command_id == "known"


@given(
    uuids,
    st.integers(1, 2**53),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.integers(1, 2**53),
    st.none() | texts,
)
def test_the_short_way_of_encoding_deltas_gives_the_same_bytes(
    turn_id: UUID, seq: int, text: str, from_seq: int | None, agent: str | None
) -> None:
    event = TurnDelta(
        turn_id=turn_id,
        seq=seq,
        from_seq=msgspec.UNSET if from_seq is None else from_seq,
        text=text,
        agent=msgspec.UNSET if agent is None else agent,
    )
    assert DeltaEncoder(turn_id)(seq, text, from_seq=from_seq, agent=agent) == encode(event)
