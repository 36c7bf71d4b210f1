"""What a message is made of beside its text: as it is stored with the message, and shown.

A part tells what somebody sees of its media (name, size), so that a message can be shown, and
counted, without asking for the media, and still when those are deleted.
"""

from typing import TypeAlias
from uuid import UUID

from msgspec import Struct


class SaidText(Struct, frozen=True, kw_only=True, rename="camel", tag="text"):
    """Words between the others: together they are the message's text."""

    text: str


class SaidImage(Struct, frozen=True, kw_only=True, rename="camel", tag="image"):
    """A picture; its size in pixels."""

    media_id: UUID
    name: str
    media_type: str
    bytes: int
    width: int
    height: int


class SaidFile(Struct, frozen=True, kw_only=True, rename="camel", tag="file"):
    """A text file: the model reads what is in it."""

    media_id: UUID
    name: str
    media_type: str
    bytes: int


SaidPart: TypeAlias = SaidText | SaidImage | SaidFile
