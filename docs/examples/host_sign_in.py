"""What a host application does to let its own users talk here: it signs who they are.

pip install joserfc httpx2
CAUSERIE_URL=http://127.0.0.1:8000 JWT_SECRET=… JWT_ISSUER=… JWT_AUDIENCE=… python host_sign_in.py
"""

import os
import time

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

SECRET = OctKey.import_key(os.environ["JWT_SECRET"])


def token_for(user: dict) -> str:
    """For one of your users, after your own sign-in: keep it short, and make another one then."""
    claims = {
        "iss": os.environ["JWT_ISSUER"],
        "aud": os.environ["JWT_AUDIENCE"],
        "sub": user["id"],  # a string or a whole number that never changes
        "exp": int(time.time()) + 15 * 60,
        "name": user["name"],
        "email": user["email"],
    }
    return jwt.encode({"alg": "HS256"}, claims, SECRET)


if __name__ == "__main__":
    token = token_for({"id": 42, "name": "Ada", "email": "ada@host.example"})
    with httpx2.Client(base_url=os.environ["CAUSERIE_URL"]) as causerie:
        answer = causerie.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        print(answer.json()["data"])
