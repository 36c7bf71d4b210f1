"""Secrets that prove something: 256 random bits, of which only a hash is ever stored."""

import hashlib
import secrets

KEY_PREFIX = "ck_"
TICKET_PREFIX = "ct_"
BEARER_PREFIX = "cb_"
LINK_PREFIX = "cl_"
INVITATION_PREFIX = "ci_"
"""Say what a secret is for, to people and to scanners that look for leaked ones."""

SECRET_MAX = 200
"""Characters of anything that is worth hashing: ours have 46 at most."""


def new_secret(prefix: str = "") -> str:
    """43 characters of base64url after ``prefix``: an RFC 7230 token, so it fits a subprotocol."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored and looked up.

    A plain hash is enough for 256 random bits, and looking it up by index leaks no more than
    timing of the hash's own bytes, which nobody can steer.
    """
    return hashlib.sha256(secret[:SECRET_MAX].encode("utf-8", "replace")).digest()
