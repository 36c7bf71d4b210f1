"""A host application's side: what it gives its users to prove who they are."""

import json
import time

from joserfc import jwe, jwt
from joserfc.jwk import OctKey

from server.accounts.hosts import authjs

ISSUER = "https://host.example"
SECRET = "a secret of thirty-two bytes or more"

SETTINGS = {
    "jwt_issuer": ISSUER,
    "jwt_audience": "causerie",
    "jwt_secret": SECRET,
    "auth_secret": SECRET,
}
"""Of a server that believes it."""

COOKIE = "authjs.session-token"


def token(user: str = "42", *, seconds: float = 300) -> str:
    claims = {"iss": ISSUER, "aud": "causerie", "sub": user, "exp": int(time.time() + seconds)}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def cookie(user: str = "42") -> str:
    """The value of ``COOKIE``; tests of its reader prove that Auth.js makes it so, too."""
    info = f"Auth.js Generated Encryption Key ({COOKIE})"
    key = OctKey.import_key(authjs._derive(SECRET, 64, salt=COOKIE, info=info))
    claims = json.dumps({"sub": user, "exp": int(time.time()) + 300}).encode()
    header = {"alg": "dir", "enc": "A256CBC-HS512"}
    return jwe.encrypt_compact(header, claims, key, algorithms=list(header.values()))
