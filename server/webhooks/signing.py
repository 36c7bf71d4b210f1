"""Signatures as Standard Webhooks has them (standardwebhooks.com), so that any of its libraries
checks ours: HMAC-SHA-256 of ``id.timestamp.body``, by each secret that holds at the time.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"

PURPOSE = "webhook"
"""What secrets are sealed for where they are kept."""

SECRET_BYTES = 32
"""The standard takes 24 to 64."""


def new_secret() -> str:
    """As its owner gets it: prefix and base64."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def headers(
    secrets: Sequence[str], message: str, now: datetime, body: bytes
) -> list[tuple[str, str]]:
    """``message`` is the event's id, the same at each attempt; ``secrets``: as ``new_secret`` made
    them, each of which signs."""
    moment = str(int(now.timestamp()))
    signed = b".".join((message.encode(), moment.encode(), body))
    signatures = (f"v1,{_signature(secret, signed)}" for secret in secrets)
    return [
        ("webhook-id", message),
        ("webhook-timestamp", moment),
        ("webhook-signature", " ".join(signatures)),
    ]


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
