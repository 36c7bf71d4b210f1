"""E-mail addresses: what we accept, and the one form in which they are stored and compared."""

import hashlib
import re
import unicodedata

from server.domain.errors import Invalid

EMAIL_MAX = 254
"""RFC 5321, with erratum 1690: the longest path that mail can travel by."""

_SHAPE = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+")
_DOMAIN = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*")


def normalise(text: str) -> str:
    """Blanks around it removed, lower case, one Unicode form: one person, one account.

    Raises:
        Invalid: no address that mail could reach. ``localhost`` is a domain here, for trying out.
    """
    email = unicodedata.normalize("NFKC", text).strip().lower()
    if len(email) > EMAIL_MAX or not _SHAPE.fullmatch(email) or not email.isprintable():
        raise Invalid("That is not an e-mail address.", path="$.email")
    local, _, domain = email.rpartition("@")
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    if dotted or not _DOMAIN.fullmatch(domain):
        raise Invalid("That is not an e-mail address.", path="$.email")
    return email


def fingerprint(email: str) -> str:
    """What stands for an address where things are counted: 128 bits, so that a store of counts is
    no list of addresses."""
    return hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()[:32]
