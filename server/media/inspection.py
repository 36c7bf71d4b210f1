"""What an upload is, by its bytes. What it says of itself may only agree."""

import codecs
import hashlib
from typing import BinaryIO, Literal, TypeAlias

from msgspec import Struct

from server.domain.errors import Invalid, UnsupportedMedia
from server.media.pictures import PNG, Size, measure, picture_type

Kind: TypeAlias = Literal["image", "file"]

TEXT = "text/plain"
"""Of every text: a program that is served as what it is might be run by somebody's browser."""

_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
"""No text has them; a line of colours in a log has the escape."""

_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": PNG,
    "image/apng": PNG,
}
_SAYS_NOTHING = {
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",  # what curl says where nobody told it
}
_NO_TEXT = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip")
"""Not ``application/vnd.ms-excel``, which is what browsers on Windows say of a table in CSV."""

_TYPESCRIPT = "video/mp2t"
"""What browsers say of a file that ends with .ts."""

_PICTURE_SUFFIXES = {
    ".png": PNG,
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}


class Content(Struct, frozen=True, kw_only=True):
    """What was found out about a file. ``size`` in bytes; the picture's in pixels, 0 of a text."""

    kind: Kind
    media_type: str
    size: int
    sha256: bytes
    width: int = 0
    height: int = 0


class Inspection:
    """Looks at a file block by block as it arrives, so that rubbish is refused early."""

    def __init__(self, declared: str, name: str) -> None:
        """``declared``: a ``Content-Type``, or nothing."""
        self.size = 0
        self._claim = _claim(declared, name)
        self._hash = hashlib.sha256()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._media_type = ""

    def feed(self, block: bytes) -> None:
        """The next bytes; the first block has 16 of them at least, if the file does.

        Raises:
            UnsupportedMedia: it is nothing that we take, or not what it says it is.
        """
        if not self.size:
            self._media_type = picture_type(block) or TEXT
            self._check_claim(block)
        self.size += len(block)
        self._hash.update(block)
        if self._media_type == TEXT:
            self._check_text(block)

    def end(self, file: BinaryIO, pixels_max: int) -> Content:
        """``file`` holds everything that was fed, on disk.

        Raises:
            Invalid: there was nothing.
            UnsupportedMedia: as ``feed``; or a picture that is cut off or too large.
        """
        if not self.size:
            raise Invalid("The file is empty.", path="$")
        shown = Size(0, 0)
        if self._media_type == TEXT:
            self._check_text(b"", final=True)
        else:
            shown = measure(file, self._media_type, pixels_max)
        return Content(
            kind="file" if self._media_type == TEXT else "image",
            media_type=self._media_type,
            size=self.size,
            sha256=self._hash.digest(),
            width=shown.width,
            height=shown.height,
        )

    def _check_claim(self, head: bytes) -> None:
        claim, found = self._claim, self._media_type
        if head.startswith(b"%PDF-"):
            raise UnsupportedMedia("PDF files are not read; send their text.")
        if not claim or claim == found:
            return
        if found != TEXT or (claim.startswith(_NO_TEXT) and claim != _TYPESCRIPT):
            what = "text or nothing known" if found == TEXT else found
            raise UnsupportedMedia(f"The file says that it is {claim[:100]}, but it is {what}.")

    def _check_text(self, block: bytes, *, final: bool = False) -> None:
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError:
            raise _neither() from None
        if len(block.translate(None, _CONTROL)) < len(block):
            raise _neither()


def _claim(declared: str, name: str) -> str:
    claim = declared.partition(";")[0].strip().lower()
    if claim in _SAYS_NOTHING:
        suffix = name[name.rfind(".") :].lower() if "." in name else ""
        return _PICTURE_SUFFIXES.get(suffix, "")
    return _ALIASES.get(claim, claim)


def _neither() -> UnsupportedMedia:
    return UnsupportedMedia(
        "This is neither a picture (PNG, JPEG, WebP or GIF) nor a text file in UTF-8."
    )
