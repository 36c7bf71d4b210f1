"""Secrets that must be read again, such as tokens of platforms: encrypted where they are kept.

What only has to be recognised (passwords, keys, tickets) is hashed instead, see ``secrets``.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = b"\x01"
"""First byte of what is sealed: AES-256-GCM, keys by HKDF-SHA-256, in the order of ``seal``."""

GENERATION_BYTES = 8
"""Name of the SECRET_KEY it was sealed with, made of the key; says nothing about it."""

NONCE_BYTES = 12
"""Random. A key of one purpose seals 2^32 values before two of them are likely to share one (NIST
SP 800-38D); we seal some of each user."""

HEAD_BYTES = len(FORMAT) + GENERATION_BYTES + NONCE_BYTES


class Unsealable(Exception):
    """It was sealed with a key that is not known here, for something else, or was tampered with."""


class Generation(NamedTuple):
    """One SECRET_KEY: ``name`` stands before what it sealed, ``secret`` derives the keys."""

    name: bytes
    secret: bytes


class Sealer:
    """Seals with ``secret_key``; opens also what was sealed with one of ``previous``.

    Each purpose has a key of its own. What is sealed is bound to its purpose and its row: copied
    into another row, or another column, it does not open.
    """

    def __init__(self, secret_key: str, previous: Iterable[str] = ()) -> None:
        self._current = _generation(secret_key)
        self._known = {one.name: one for one in [*map(_generation, previous), self._current]}
        self._ciphers: dict[tuple[bytes, str], AESGCM] = {}

    def seal(self, value: bytes, *, purpose: str, row: UUID) -> bytes:
        """Format, generation, nonce, then the ciphertext with its tag."""
        head = FORMAT + self._current.name + os.urandom(NONCE_BYTES)
        cipher = self._cipher(self._current, purpose)
        return head + cipher.encrypt(head[-NONCE_BYTES:], value, _bound_to(head, purpose, row))

    def open(self, sealed: bytes, *, purpose: str, row: UUID) -> bytes:
        """What was given to ``seal`` with the same ``purpose`` and ``row``.

        Raises:
            Unsealable: it was not sealed for these, or not by a key that is known.
        """
        head = sealed[:HEAD_BYTES]
        generation = self._known.get(_name(head))
        if not head.startswith(FORMAT) or generation is None:
            raise Unsealable("sealed with a key that is not known here")
        cipher = self._cipher(generation, purpose)
        try:
            return cipher.decrypt(
                head[-NONCE_BYTES:], sealed[HEAD_BYTES:], _bound_to(head, purpose, row)
            )
        except InvalidTag as error:
            raise Unsealable("sealed for something else, or changed since") from error

    def needs_resealing(self, sealed: bytes) -> bool:
        """Whether it stops opening once the previous keys are taken away."""
        return _name(sealed) != self._current.name

    def _cipher(self, generation: Generation, purpose: str) -> AESGCM:
        wanted = generation.name, purpose
        if wanted not in self._ciphers:
            self._ciphers[wanted] = AESGCM(_derive(generation.secret, f"seal/{purpose}", 32))
        return self._ciphers[wanted]


def _generation(secret_key: str) -> Generation:
    secret = secret_key.encode()
    return Generation(_derive(secret, "generation", GENERATION_BYTES), secret)


def _derive(secret: bytes, use: str, length: int) -> bytes:
    """Uses never meet: a purpose begins with ``seal/``, and nothing else does."""
    info = f"causerie/{use}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)


def _name(sealed: bytes) -> bytes:
    return sealed[len(FORMAT) : len(FORMAT) + GENERATION_BYTES]


def _bound_to(head: bytes, purpose: str, row: UUID) -> bytes:
    return head + row.bytes + purpose.encode()
