"""What a request comes down to, and which requests are the same."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, convert, structs

from server.domain.content import Params
from server.domain.errors import Invalid
from server.domain.ids import ConversationId, WorkspaceId, new_id
from server.persistence.messages import Place
from server.protocol.commands import (
    FilePart,
    ImagePart,
    StartTurn,
    StartTurnBody,
    TextPart,
    TurnParams,
    TurnRequest,
)
from server.turns.request import (
    DEFAULT_AGENT,
    TITLE_CHARACTERS,
    PresetSettings,
    check_caller,
    input_text,
    request_hash,
    resolve,
    title_of,
    with_output_limit,
)

MESSAGE = new_id()


def body(**fields: object) -> StartTurnBody:
    return StartTurnBody(client_message_id=MESSAGE, **fields)  # type: ignore[arg-type]


@given(st.text(min_size=1, max_size=300))
def test_a_title_is_one_short_line_and_never_empty(text: str) -> None:
    title = title_of(text)
    assert 0 < len(title) <= TITLE_CHARACTERS + 1
    assert len(title.splitlines()) == 1
    assert title == title.strip()


def test_a_title_is_the_first_line_that_says_something_cut_at_a_word() -> None:
    assert title_of("\n  \n Hello there \nmore") == "Hello there"
    assert title_of("   ") == "New conversation"
    assert title_of("word " * 40) == ("word " * 12).strip() + "…"
    assert title_of("x" * 100) == "x" * TITLE_CHARACTERS + "…"


def test_the_same_request_has_the_same_hash_over_every_door() -> None:
    fields = {"text": "Hello", "params": {"temperature": 0.5, "maxOutputTokens": 7}}
    rest = convert({**fields, "clientMessageId": str(MESSAGE)}, StartTurnBody)
    socket = convert(
        {**fields, "clientMessageId": str(new_id()), "type": "turn.start", "id": "c1"}, StartTurn
    )
    assert request_hash(rest) == request_hash(socket)


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Hello!"},
        {"text": UNSET, "parts": [TextPart(text="Hello")]},
        {"model": "demo/causerie-demo"},
        {"conversation_id": UUID(int=7)},
        {"parent_id": None},
        {"params": TurnParams(temperature=0.1)},
    ],
    ids=str,
)
def test_another_request_has_another_hash(change: dict[str, object]) -> None:
    plain = body(text="Hello")
    assert request_hash(structs.replace(plain, **change)) != request_hash(plain)


def test_a_preset_fills_in_what_the_request_leaves_open() -> None:
    preset = PresetSettings(
        agent="sales",
        model="demo/other",
        params={"temperature": 0.3, "maxOutputTokens": 100},
        instructions="Be brief.",
    )
    request = TurnRequest(
        text="x", params=TurnParams(temperature=0.9, instructions="In French."), feature="caption"
    )
    found = resolve(request, preset, None)
    assert found.params == Params(temperature=0.9, top_p=None, max_output_tokens=100)
    assert (found.agent, found.model, found.feature) == ("sales", "demo/other", "caption")
    assert found.instructions == ("Be brief.", "In French.")
    named = resolve(structs.replace(request, agent="content", model="demo/mine"), preset, None)
    assert (named.agent, named.model) == ("content", "demo/mine")
    assert resolve(TurnRequest(text="x"), None, None).agent == DEFAULT_AGENT


def test_a_request_insists_on_what_it_names_itself() -> None:
    place = Place(
        id=ConversationId(new_id()),
        workspace_id=WorkspaceId(new_id()),
        agent="sales",
        model="a/model",
        preset_id=None,
        leaf_message_id=None,
    )
    preset = PresetSettings(agent="content", model="b/model", params={}, instructions="")

    def insists(preset: PresetSettings | None, **fields: str) -> tuple[bool, bool]:
        resolved = resolve(body(text="x", **fields), preset, place)
        return resolved.insists_on_agent, resolved.insists_on_model

    assert insists(None) == (False, False)
    assert insists(preset) == (False, True)
    assert insists(None, agent="sales", model="a/model") == (True, True)


def test_what_was_written_is_joined_and_media_add_nothing_to_it() -> None:
    assert input_text(TurnRequest(parts=[TextPart(text="a"), TextPart(text="b")])) == "a\n\nb"
    picture = ImagePart(media_id=new_id())
    assert input_text(TurnRequest(parts=[TextPart(text="a"), picture])) == "a"
    assert input_text(TurnRequest(parts=[picture])) == ""
    assert input_text(TurnRequest(regenerate_of=new_id())) is None


def test_every_part_counts_for_the_hash() -> None:
    one, other = ImagePart(media_id=UUID(int=1)), ImagePart(media_id=UUID(int=2))
    asked = [
        [TextPart(text="a"), one],
        [TextPart(text="a"), other],
        [one, TextPart(text="a")],
        [TextPart(text="a"), FilePart(media_id=one.media_id)],
        [TextPart(text="a")],
    ]
    plain = body(text="a")
    hashes = {request_hash(structs.replace(plain, text=UNSET, parts=parts)) for parts in asked} | {
        request_hash(plain)
    }
    assert len(hashes) == len(asked) + 1


@pytest.mark.parametrize(
    ("external_id", "name"), [(None, None), ("42", 42), ("42", "42"), ("Ada|5", "Ada|5")]
)
def test_the_caller_may_be_named_by_id_or_as_their_host_does(
    external_id: str | None, name: str | int | None
) -> None:
    user = new_id()
    for known in (str(user), str(user).upper(), name or str(user)):
        check_caller(TurnRequest(text="x", user_id=known, creator_id=known), user, external_id)


@pytest.mark.parametrize("name", ["01a1ff32-93c2-7000-a612-25e284b6e5f4", "None", "ADA|5", 43, 4])
@pytest.mark.parametrize("external_id", [None, "ada|5", "42"])
def test_nobody_else_may_be_named(external_id: str | None, name: str | int) -> None:
    with pytest.raises(Invalid) as refused:
        check_caller(TurnRequest(text="x", creator_id=name), new_id(), external_id)
    assert refused.value.path == "$.creatorId"


def test_the_output_limit_is_the_only_parameter_that_is_set() -> None:
    params = Params(temperature=0.5, top_p=None, max_output_tokens=None)
    assert with_output_limit(params, 7) == structs.replace(params, max_output_tokens=7)
