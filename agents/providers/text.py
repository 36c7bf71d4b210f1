"""Text as it may be stored and sent: what a provider's deltas need before they are ours."""

REPLACEMENT = "\ufffd"


class TextJoiner:
    """Joins deltas so that each is valid Unicode without NUL.

    JSON may hold half a surrogate pair and a provider may cut between the halves; PostgreSQL and
    msgspec take neither half. A trailing high half waits for the next delta, what stays alone is
    replaced. The sum of what comes out does not depend on where the deltas were cut.
    """

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """The part of ``text`` that can be said now; may be empty."""
        if self._half:
            text, self._half = self._half + text, ""
        if text.isascii():
            return text.replace("\0", REPLACEMENT) if "\0" in text else text
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return clean(text)

    def finish(self) -> str:
        """What a half that never found its other half leaves behind."""
        half, self._half = self._half, ""
        return REPLACEMENT if half else ""


def clean(text: str) -> str:
    """``text`` with surrogate pairs joined, lone surrogates and NUL replaced."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
