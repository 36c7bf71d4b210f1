"""Parts of messages as a model gets them: files as text, pictures as pictures or as a note.

Texts are read when a turn is planned, for they are counted; pictures when it runs, for they are
counted by their size alone.
"""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from msgspec import Struct, structs

from agents.context import Fitted, fit
from agents.picturetokens import picture_tokens
from agents.providers.registry import VISION, ModelInfo
from server.domain.content import ChatMessage, Image, Role
from server.domain.errors import Invalid, NotFound, Unsupported
from server.domain.parts import SaidFile, SaidImage, SaidPart, SaidText
from server.media.library import GONE, MediaLibrary
from server.persistence import media as rows
from server.persistence.database import Snapshot
from server.persistence.messages import Said
from server.protocol.commands import FilePart, ImagePart, TextPart, TurnRequest

BYTES_PER_TOKEN = 12
"""More than any script takes: three letters of three bytes, and the space before them. So what has
more bytes than a window's worth is too long without being read."""

PICTURES_MAX = 20
"""In one request. Beyond that Anthropic takes smaller pictures only."""

PICTURES_MAX_OF = {"mistral": 8}
"""docs.mistral.ai/capabilities/vision."""

PICTURES_BYTES = 20 * 1024**2
"""Of all pictures in one request: they go out in base64, and Anthropic takes 32 MB of that."""

COUNTED_AT_ONCE = 64 * 1024
"""Characters: some milliseconds, then others may go on."""


class Recalled(Struct, frozen=True, kw_only=True):
    """A dialogue as the model gets it. ``dropped`` older messages have too much in them to be read
    at all."""

    messages: tuple[ChatMessage, ...]
    dropped: int


class Recall:
    def __init__(self, media: MediaLibrary) -> None:
        self._media = media

    async def describe(
        self, tx: Snapshot, user: UUID, request: TurnRequest, model: ModelInfo
    ) -> list[SaidPart] | None:
        """The parts of a request as they are stored; None: it is text alone.

        Raises:
            NotFound, Invalid, Unsupported: with the path of the part.
        """
        parts = request.parts if isinstance(request.parts, list) else []
        wanted = [part.media_id for part in parts if not isinstance(part, TextPart)]
        if not wanted:
            return None
        found = await rows.find_all(tx, wanted, user)
        said: list[SaidPart] = []
        for index, part in enumerate(parts):
            path = f"$.parts[{index}]"
            match part:
                case TextPart(text=text):
                    said.append(SaidText(text=text))
                case ImagePart() | FilePart():
                    media = found.get(part.media_id)
                    if media is None:
                        raise NotFound(GONE, path=f"{path}.mediaId")
                    said.append(_described(media, part, model, path))
                case _:
                    raise Unsupported("Recordings cannot be sent here yet.", path=f"{path}.type")
        _check_pictures(said, model)
        return said

    async def present(self, tx: Snapshot, user: UUID, said: Sequence[Said]) -> frozenset[UUID]:
        """Media of a dialogue that nobody has deleted since."""
        wanted = {part.media_id for one in said if one.parts for part in one.media}
        if not wanted:
            return frozenset()
        return frozenset(await rows.find_all(tx, wanted, user))

    async def read(
        self, said: Sequence[Said], present: Collection[UUID], model: ModelInfo, path: str
    ) -> Recalled:
        """``path``: where the newest message came from.

        Raises:
            Invalid: the newest message is too long to be read.
            ServiceUnavailable: a file cannot be read.
        """
        first = _within(said, model.context_tokens * BYTES_PER_TOKEN, path)
        texts = await self._texts(said[first:], present)
        pictures = _Pictures(model, present)
        # The newest first: where there are too many pictures, it is those that are seen.
        messages = [_message(one, texts, pictures) for one in reversed(said[first:])]
        return Recalled(messages=tuple(reversed(messages)), dropped=first)

    async def load(self, messages: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
        """``messages`` with the bytes of their pictures.

        Raises:
            ServiceUnavailable: one cannot be read, or has been deleted meanwhile.
        """
        wanted = list({image.media_id for message in messages for image in message.images})
        if not wanted:
            return messages
        read = await asyncio.gather(*(self._media.read(media) for media in wanted))
        data = dict(zip(wanted, read, strict=True))
        return tuple(
            structs.replace(
                message,
                images=tuple(
                    structs.replace(image, data=data[image.media_id]) for image in message.images
                ),
            )
            if message.images
            else message
            for message in messages
        )

    async def _texts(self, said: Sequence[Said], present: Collection[UUID]) -> dict[UUID, str]:
        wanted = list(
            {
                part.media_id
                for one in said
                if one.parts
                for part in one.media
                if isinstance(part, SaidFile) and part.media_id in present
            }
        )
        read = await asyncio.gather(*(self._media.read(media) for media in wanted))
        return {media: data.decode("utf-8-sig") for media, data in zip(wanted, read, strict=True)}


async def fit_in(
    recalled: Recalled,
    instructions: str,
    model: ModelInfo,
    *,
    reserve_output: int,
    count: Callable[[str], int],
    path: str,
    summary: Callable[[int], str | None] = lambda dropped: None,
) -> Fitted:
    """``agents.context.fit`` for ``model``, pictures by its own rule. Long texts are counted beside
    what else runs here.

    Raises:
        Invalid: the newest message is too long for the model.
    """

    def work() -> Fitted:
        return fit(
            instructions,
            recalled.messages,
            window_tokens=model.context_tokens,
            reserve_output=reserve_output,
            count=lambda text: sum(map(count, _pieces(text))),
            count_image=lambda image: picture_tokens(model.id, image.width, image.height),
            summary=lambda dropped: summary(dropped + recalled.dropped),
            path=path,
        )

    is_long = sum(len(message.text) for message in recalled.messages) > COUNTED_AT_ONCE
    fitted = await asyncio.to_thread(work) if is_long else work()
    return structs.replace(fitted, dropped=fitted.dropped + recalled.dropped)


def _pieces(text: str) -> list[str]:
    if len(text) <= COUNTED_AT_ONCE:
        return [text]
    return [text[at : at + COUNTED_AT_ONCE] for at in range(0, len(text), COUNTED_AT_ONCE)]


def _described(
    media: rows.Media, part: ImagePart | FilePart, model: ModelInfo, path: str
) -> SaidImage | SaidFile:
    kind = "image" if isinstance(part, ImagePart) else "file"
    if media.kind != kind:
        raise Invalid(f"This is media of the kind {media.kind}.", path=f"{path}.mediaId")
    if kind == "file":
        return SaidFile(
            media_id=media.id, name=media.name, media_type=media.media_type, bytes=media.size
        )
    if VISION not in model.capabilities:
        raise Unsupported(f"The model {model.id} sees no pictures.", path=f"{path}.type")
    return SaidImage(
        media_id=media.id,
        name=media.name,
        media_type=media.media_type,
        bytes=media.size,
        width=media.width,
        height=media.height,
    )


def _check_pictures(said: Sequence[SaidPart], model: ModelInfo) -> None:
    pictures = [part for part in said if isinstance(part, SaidImage)]
    most = PICTURES_MAX_OF.get(model.provider, PICTURES_MAX)
    if len(pictures) > most:
        raise Invalid(f"A message may have {most} pictures for this model.", path="$.parts")
    if sum(part.bytes for part in pictures) > PICTURES_BYTES:
        raise Invalid(
            f"The pictures of a message may have {PICTURES_BYTES} bytes together.", path="$.parts"
        )


def _within(said: Sequence[Said], bytes_max: int, path: str) -> int:
    """Where to begin, so that no more than ``bytes_max`` are read."""
    total = 0
    for at in range(len(said) - 1, -1, -1):
        total += len(said[at].text)
        if said[at].parts:
            total += sum(part.bytes for part in said[at].media if isinstance(part, SaidFile))
        if total > bytes_max:
            if at == len(said) - 1:
                raise Invalid("The message is too long for this model.", path=path)
            return at + 1
    return 0


class _Pictures:
    """Which pictures go along: as many as one request takes, asked for in their order."""

    def __init__(self, model: ModelInfo, present: Collection[UUID]) -> None:
        self._sees = VISION in model.capabilities
        self._present = present
        self._left = PICTURES_MAX_OF.get(model.provider, PICTURES_MAX)
        self._bytes_left = PICTURES_BYTES

    def take(self, part: SaidImage) -> Image | None:
        """None: a note stands in for it."""
        fits = self._left > 0 and part.bytes <= self._bytes_left
        if not (self._sees and fits and part.media_id in self._present):
            return None
        self._left -= 1
        self._bytes_left -= part.bytes
        return Image(
            media_id=part.media_id,
            media_type=part.media_type,
            width=part.width,
            height=part.height,
        )


def _message(said: Said, texts: Mapping[UUID, str], pictures: _Pictures) -> ChatMessage:
    if not said.parts:
        return ChatMessage(role=said.role, text=said.text)
    written: list[str] = []
    images: list[Image] = []
    for part in said.parts:
        match part:
            case SaidText(text=text):
                written.append(text)
            case SaidFile(media_id=media, name=name):
                held = texts.get(media)
                written.append(f"[file: {name}, deleted]" if held is None else _file(name, held))
            case SaidImage():
                image = pictures.take(part)
                if image is None:
                    written.append(f"[image: {part.name}]")
                else:
                    images.append(image)
    return ChatMessage(role=Role(said.role), text="\n\n".join(written), images=tuple(images))


def _file(name: str, text: str) -> str:
    """Its name as a heading; what it holds in a fence that is longer than any in it."""
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"File: {name}\n{fence}\n{text.removesuffix(chr(10))}\n{fence}"
