"""Parts come to the model as text and pictures, as far as it sees and as far as they fit."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec import convert, structs

from agents.providers.registry import TEXT, VISION, ModelInfo
from agents.tokens import count_text
from server.domain.content import ChatMessage, Image, Role
from server.domain.errors import AppError, Invalid, NotFound, ServiceUnavailable, Unsupported
from server.domain.ids import new_id
from server.domain.parts import SaidFile, SaidImage, SaidPart, SaidText
from server.media.library import MediaLibrary, MediaLimits
from server.media.storage import FOLDER, open_storage
from server.mediasettings import MediaSettings
from server.persistence.database import Database
from server.persistence.media import Media
from server.persistence.messages import Said
from server.protocol.commands import TurnRequest
from server.turns import recall
from server.turns.recall import (
    BYTES_PER_TOKEN,
    COUNTED_AT_ONCE,
    PICTURES_BYTES,
    PICTURES_MAX,
    Recall,
    Recalled,
    fit_in,
)
from tests.server.accounts.people import person, somebody
from tests.support.pictures import png

SEEING = ModelInfo(
    id="openai/gpt-4o",
    provider="openai",
    name="gpt-4o",
    title="",
    context_tokens=10_000,
    output_tokens=1_000,
    capabilities=(TEXT, VISION),
)
BLIND = structs.replace(SEEING, capabilities=(TEXT,))
LIMITS = MediaLimits(upload_bytes=10**8, user_bytes=10**9, pixels=10**8)


class Desk:
    """A user with uploads, and what recalls them."""

    def __init__(self, database: Database, folder: Path, user: UUID, workspace: UUID) -> None:
        self.database, self.user, self.workspace = database, user, workspace
        self.folder = folder / FOLDER
        self.library = MediaLibrary(database, open_storage(MediaSettings(), folder), LIMITS)
        self.recall = Recall(self.library)

    async def upload(self, data: bytes, name: str) -> Media:
        async def chunks() -> AsyncIterator[bytes]:
            yield data

        return await self.library.take(self.user, self.workspace, chunks(), name=name, declared="")

    async def describe(
        self, *parts: dict[str, Any], model: ModelInfo = SEEING, user: UUID | None = None
    ) -> list[SaidPart] | None:
        request = convert({"parts": list(parts)}, TurnRequest)
        async with self.database.snapshot() as tx:
            return await self.recall.describe(tx, user or self.user, request, model)

    async def read(self, *said: Said, model: ModelInfo = SEEING) -> Recalled:
        async with self.database.snapshot() as tx:
            present = await self.recall.present(tx, self.user, said)
        return await self.recall.read(said, present, model, "$.parts")


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    workspace = person().workspace_id
    return Desk(database, tmp_path, await somebody(database, workspace_id=workspace), workspace)


def image(media: Media | UUID) -> dict[str, str]:
    return {"type": "image", "mediaId": str(media.id if isinstance(media, Media) else media)}


def file(media: Media | UUID) -> dict[str, str]:
    return {**image(media), "type": "file"}


def words(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def picture(name: str, size: int = 100, media: UUID | None = None) -> SaidImage:
    """One that only its message knows of."""
    return SaidImage(
        media_id=media or new_id(),
        name=name,
        media_type="image/png",
        bytes=size,
        width=10,
        height=10,
    )


def user_says(*parts: SaidPart) -> Said:
    text = "\n\n".join(part.text for part in parts if isinstance(part, SaidText))
    return Said(role=Role.USER, text=text, parts=list(parts) or None)


async def test_parts_are_described_as_they_are_kept_with_the_message(desk: Desk) -> None:
    cat, notes = await desk.upload(png(20, 10), "cat.png"), await desk.upload(b"abc", "n.md")
    assert await desk.describe(words("Look"), image(cat), file(notes)) == [
        SaidText(text="Look"),
        SaidImage(
            media_id=cat.id,
            name="cat.png",
            media_type="image/png",
            bytes=cat.size,
            width=20,
            height=10,
        ),
        SaidFile(media_id=notes.id, name="n.md", media_type="text/plain", bytes=3),
    ]
    assert await desk.describe(words("text alone")) is None


async def test_parts_that_cannot_be_sent_are_refused_by_their_path(desk: Desk) -> None:
    cat, notes = await desk.upload(png(), "cat.png"), await desk.upload(b"abc", "n.md")
    refusals: list[tuple[list[dict[str, Any]], type[AppError], str]] = [
        ([words("x"), image(new_id())], NotFound, "$.parts[1].mediaId"),
        ([image(cat), file(cat)], Invalid, "$.parts[1].mediaId"),
        ([image(notes)], Invalid, "$.parts[0].mediaId"),
        ([{**file(notes), "type": "audio"}], Unsupported, "$.parts[0].type"),
        ([image(cat)] * (PICTURES_MAX + 1), Invalid, "$.parts"),
    ]
    for parts, kind, path in refusals:
        with pytest.raises(kind) as refused:
            await desk.describe(*parts)
        assert refused.value.path == path
    with pytest.raises(NotFound):
        await desk.describe(image(cat), user=desk.workspace)
    with pytest.raises(Unsupported) as unseen:
        await desk.describe(words("x"), image(cat), model=BLIND)
    assert unseen.value.path == "$.parts[1].type"
    assert await desk.describe(file(notes), model=BLIND) is not None


async def test_pictures_of_one_message_have_a_limit_together(desk: Desk) -> None:
    large = await desk.upload(png(padding=PICTURES_BYTES // 2), "large.png")
    with pytest.raises(Invalid) as refused:
        await desk.describe(image(large), image(large))
    assert refused.value.path == "$.parts"


async def test_a_model_reads_files_in_their_place_and_sees_pictures(desk: Desk) -> None:
    data = png(20, 10)
    cat = await desk.upload(data, "cat.png")
    notes = await desk.upload("\ufeffGrüße\n".encode(), "notes.md")
    parts = await desk.describe(words("Before"), file(notes), image(cat), words("after"))
    assert parts is not None
    recalled = await desk.read(user_says(*parts))
    (message,) = recalled.messages
    assert message.text == "Before\n\nFile: notes.md\n```\nGrüße\n```\n\nafter"
    (seen,) = message.images
    assert (seen.media_id, seen.media_type, seen.width, seen.height) == (
        cat.id,
        "image/png",
        20,
        10,
    )
    assert seen.data == b""
    ((loaded,),) = [one.images for one in await desk.recall.load(recalled.messages)]
    assert loaded == structs.replace(seen, data=data)


async def test_what_a_file_holds_does_not_end_its_fence(desk: Desk) -> None:
    notes = await desk.upload(b"```\ncode\n````\n", "n.md")
    parts = await desk.describe(file(notes))
    assert parts is not None
    (message,) = (await desk.read(user_says(*parts))).messages
    assert message.text == "File: n.md\n`````\n```\ncode\n````\n`````"


async def test_a_model_that_sees_nothing_is_told_of_pictures_in_the_history(desk: Desk) -> None:
    cat = await desk.upload(png(), "cat.png")
    parts = await desk.describe(words("What is it?"), image(cat))
    assert parts is not None
    before = user_says(*parts)
    recalled = await desk.read(before, user_says(), model=BLIND)
    assert recalled.messages[0] == ChatMessage(
        role=Role.USER, text="What is it?\n\n[image: cat.png]"
    )
    assert len((await desk.read(before)).messages[0].images) == 1


async def test_what_was_deleted_since_is_a_note(desk: Desk) -> None:
    cat, notes = await desk.upload(png(), "cat.png"), await desk.upload(b"abc", "n.md")
    parts = await desk.describe(image(cat), file(notes))
    assert parts is not None
    for media in (cat, notes):
        await desk.library.remove(desk.user, media.id)
    (message,) = (await desk.read(user_says(*parts))).messages
    assert (message.text, message.images) == ("[image: cat.png]\n\n[file: n.md, deleted]", ())


async def test_of_too_many_pictures_the_newest_are_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cat = await desk.upload(png(), "cat.png")
    parts = await desk.describe(image(cat))
    assert parts is not None
    said = [user_says(*parts)] * (PICTURES_MAX + 2)
    messages = (await desk.read(*said)).messages
    assert [len(one.images) for one in messages] == [0] * 2 + [1] * PICTURES_MAX
    assert messages[0].text == "[image: cat.png]"
    monkeypatch.setattr(recall, "PICTURES_BYTES", cat.size * 3)
    messages = (await desk.read(*said)).messages
    assert sum(len(one.images) for one in messages[-3:]) == 3
    assert not any(one.images for one in messages[:-3])


async def test_files_beyond_the_window_are_not_read(desk: Desk) -> None:
    most = SEEING.context_tokens * BYTES_PER_TOKEN
    large, small = await desk.upload(b"x" * (most - 1), "l.txt"), await desk.upload(b"y", "s.txt")
    huge = await desk.upload(b"x" * (most + 1), "h.txt")
    described = [await desk.describe(file(media)) for media in (large, small, huge)]
    large_says, small_says, huge_says = (user_says(*(parts or [])) for parts in described)
    for path in (desk.folder / str(huge.id), desk.folder / str(large.id)):
        path.unlink()
    recalled = await desk.read(huge_says, large_says, small_says, small_says)
    assert (recalled.dropped, len(recalled.messages)) == (2, 2)
    with pytest.raises(Invalid) as refused:
        await desk.read(small_says, huge_says)
    assert refused.value.path == "$.parts"


async def test_what_the_storage_has_lost_is_unavailable(desk: Desk) -> None:
    cat, notes = await desk.upload(png(), "cat.png"), await desk.upload(b"abc", "n.md")
    parts = await desk.describe(image(cat))
    assert parts is not None
    recalled = await desk.read(user_says(*parts))
    for media in (cat, notes):
        (desk.folder / str(media.id)).unlink()
    with pytest.raises(ServiceUnavailable):
        await desk.recall.load(recalled.messages)
    parts = await desk.describe(file(notes))
    assert parts is not None
    with pytest.raises(ServiceUnavailable):
        await desk.read(user_says(*parts))


async def fitted_tokens(recalled: Recalled, count: Any = count_text) -> int:
    fitted = await fit_in(recalled, "", SEEING, reserve_output=100, count=count, path="$.parts")
    return fitted.input_tokens


async def test_pictures_and_long_texts_are_counted(desk: Desk) -> None:
    plain = Recalled(messages=(ChatMessage(role=Role.USER, text="x"),), dropped=2)
    seen = structs.replace(
        plain,
        messages=(
            structs.replace(plain.messages[0], images=(_image(1_024, 1_024), _image(10, 10))),
        ),
    )
    assert await fitted_tokens(seen) == await fitted_tokens(plain) + 765 + 255
    fitted = await fit_in(plain, "", SEEING, reserve_output=0, count=len, path="$.parts")
    assert fitted.dropped == 2
    lengths: list[int] = []

    def count(text: str) -> int:
        lengths.append(len(text))
        return len(text) // 100

    long = ChatMessage(role=Role.USER, text="x" * (2 * COUNTED_AT_ONCE + 100))
    await fitted_tokens(Recalled(messages=(long,), dropped=0), count)
    assert lengths == [COUNTED_AT_ONCE, COUNTED_AT_ONCE, 100]


def _image(width: int, height: int) -> Image:
    return Image(media_id=new_id(), media_type="image/png", width=width, height=height)
