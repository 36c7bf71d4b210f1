"""A host application that signs tokens, and publishes the keys on a real port."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe, jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64encode

ISSUER, AUDIENCE = "https://host.example", "causerie"
SECRET = "a secret of thirty-two bytes or more"

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
SHARED = OctKey.import_key(SECRET)


def claims(**changed: object) -> dict[str, object]:
    """Those of a token that holds; None takes one away."""
    whole: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "42",
        "name": "Ada",
        "email": "ada@host.example",
        "exp": int(time.time()) + 300,
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def sign(key: Key, algorithm: str, *, payload: bytes | None = None, **header: object) -> str:
    """A token whose header says more than joserfc would write: a None takes a member away."""
    whole = {"alg": algorithm, "typ": "JWT", "kid": key.kid, **header}
    shown = {name: value for name, value in whole.items() if value is not None}
    text = json.dumps(claims()).encode() if payload is None else payload
    head = jws.JWSRegistry.algorithms[algorithm]
    signing = b".".join(urlsafe_b64encode(part) for part in (json.dumps(shown).encode(), text))
    return (signing + b"." + urlsafe_b64encode(head.sign(signing, key))).decode()


def token(key: Key = RSA, algorithm: str = "RS256", /, **changed: object) -> str:
    return sign(key, algorithm, payload=json.dumps(claims(**changed)).encode())


def session(**changed: object) -> str:
    """The value of a session cookie of NextAuth.js 4."""
    key = OctKey.import_key(
        HKDF(SHA256(), 32, b"", b"NextAuth.js Generated Encryption Key").derive(SECRET.encode())
    )
    text = json.dumps(claims(**changed))
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, text, key)


def published(*keys: Key, **more: object) -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), **more} for key in keys]}


class KeyServer:
    """Answers every request with ``body``, after ``pause_s``, unless it ``is_silent``; counts them
    in ``asked``."""

    def __init__(self) -> None:
        self.body = json.dumps(published(RSA)).encode()
        self.status = "200 OK"
        self.headers: tuple[str, ...] = ()
        self.pause_s = 0.0
        self.is_silent = False
        self._writers: list[asyncio.StreamWriter] = []
        self.asked = 0
        self.url = ""

    def publish(self, *keys: Key) -> None:
        self.body = json.dumps(published(*keys)).encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        head = (f"HTTP/1.1 {self.status}", f"content-length: {len(self.body)}", *self.headers)
        answer = "\r\n".join((*head, "connection: close", "", "")).encode() + self.body
        if self.is_silent:
            return
        await asyncio.sleep(self.pause_s)
        writer.write(answer)
        writer.close()

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def key_server() -> AsyncIterator[KeyServer]:
    served = KeyServer()
    server = await asyncio.start_server(served.answer, "127.0.0.1", 0)
    async with server:
        served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
        yield served
        await served.close()
