"""A small host application: it has users of its own, numbered, and gives them Causerie.

A process and an origin of its own, as the shop or the fan site of a real deployment is. Started
with the descriptor of a listening socket; the variable HOST_APPLICATION is a ``Host`` as JSON.
"""

import json
import os
import socket
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import uvicorn
from anyio import to_thread
from joserfc import jwt
from joserfc.jwk import RSAKey
from msgspec import Struct, convert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.authjs import make_cookies

PAGES = Path(__file__).parent
COOKIE = "authjs.session-token"
MINUTE = 60


class Host(Struct, frozen=True, kw_only=True):
    """``causerie`` is its address as this server and the browser see it; ``domain`` what the cookie
    of this application is good for: its own subdomains, that of Causerie among them."""

    causerie: str
    causerie_here: str
    service_key: str
    issuer: str
    audience: str
    auth_secret: str
    domain: str
    user: int


def application(host: Host) -> Starlette:
    key = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})

    async def page(request: Request) -> Response:
        text = (PAGES / "page.html").read_text("utf-8").replace("CAUSERIE", host.causerie)
        return Response(text, media_type="text/html")

    async def script(request: Request) -> Response:
        return Response((PAGES / "page.js").read_text("utf-8"), media_type="text/javascript")

    async def keys(request: Request) -> Response:
        return JSONResponse({"keys": [key.as_dict(private=False)]})

    async def token(request: Request) -> Response:
        """A JSON web token, by which the page speaks for our user."""
        now = int(time.time())
        claims = {
            "iss": host.issuer,
            "aud": host.audience,
            "sub": host.user,
            "name": "Noor",
            "nbf": now,
            "exp": now + 5 * MINUTE,
        }
        return JSONResponse({"token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)})

    async def ticket(request: Request) -> Response:
        """A ticket, asked for from server to server."""
        async with httpx2.AsyncClient(base_url=host.causerie_here) as client:
            answer = await client.post(
                "/api/ws-tickets",
                json={"externalId": host.user, "name": "Noor"},
                headers={"Authorization": f"Bearer {host.service_key}"},
            )
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def sign_in(request: Request) -> Response:
        """The session cookie, as Auth.js itself makes it."""
        wish = {
            "version": 5,
            "name": COOKIE,
            "token": {"sub": str(host.user), "name": "Noor"},
            "secret": host.auth_secret,
            "maxAge": 5 * MINUTE,
        }
        with TemporaryDirectory() as folder:
            (made,) = await to_thread.run_sync(make_cookies, [wish], Path(folder))
        response = Response(status_code=204)
        for name, value in made.items():
            response.set_cookie(name, value, domain=host.domain, httponly=True, samesite="lax")
        return response

    routes = [
        Route("/", page),
        Route("/page.js", script),
        Route("/.well-known/jwks.json", keys),
        Route("/token", token),
        Route("/ticket", ticket),
        Route("/sign-in", sign_in, methods=["POST"]),
    ]
    return Starlette(routes=routes)


def main() -> None:
    host = convert(json.loads(os.environ["HOST_APPLICATION"]), Host)
    listening = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(application(host), log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
