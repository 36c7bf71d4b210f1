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
ROOT = PAGES.parents[1]
DEMO = ROOT / "static" / "public" / "embed"
EXAMPLES = ROOT / "docs" / "examples"
OURS = "https://causerie.example.com"
"""What the documents call the server."""
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


def policy(causerie: str) -> str:
    """What docs/embedding.md tells hosts to allow, and nothing else."""
    return (
        f"default-src 'none'; script-src 'self' {causerie}; style-src 'self'; "
        f"connect-src 'self' {causerie} {causerie.replace('http', 'ws', 1)}; "
        "img-src blob: data:; media-src blob:; "
        "require-trusted-types-for 'script'; trusted-types causerie dompurify lit-html"
    )


def embedding(host: Host) -> list[Route]:
    """Pages with elements of Causerie in them, under the policy that they need."""
    files = {
        "/demo": DEMO / "index.html",
        "/embed/demo.js": DEMO / "demo.js",
        "/embed/demo.css": DEMO / "demo.css",
        "/example": EXAMPLES / "embed.html",
        "/embed.js": EXAMPLES / "embed.js",
        "/embed.css": EXAMPLES / "embed.css",
        "/hostile": PAGES / "hostile.html",
        "/hostile.css": PAGES / "hostile.css",
    }
    kinds = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
    elsewhere = {
        'src="/embed/causerie.js"': f'src="{host.causerie}/embed/causerie.js"',
        OURS: host.causerie,
        "CAUSERIE": host.causerie,
        "/api/ws-tickets": "/ticket",
    }

    async def file(request: Request) -> Response:
        path = files[request.url.path]
        text = path.read_text("utf-8")
        if path.suffix == ".html":
            for here, there in elsewhere.items():
                text = text.replace(here, there)
        headers = {"content-security-policy": policy(host.causerie)}
        return Response(text, media_type=kinds[path.suffix], headers=headers)

    return [Route(path, file) for path in files]


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
        """A ticket, asked for from server to server; ``user``: for another one of ours."""
        user = int(request.query_params.get("user", host.user))
        async with httpx2.AsyncClient(base_url=host.causerie_here) as client:
            answer = await client.post(
                "/api/ws-tickets",
                json={"externalId": user, "name": "Noor"},
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
        Route("/ticket", ticket, methods=["GET", "POST"]),
        Route("/sign-in", sign_in, methods=["POST"]),
    ]
    return Starlette(routes=[*routes, *embedding(host)])


def main() -> None:
    host = convert(json.loads(os.environ["HOST_APPLICATION"]), Host)
    listening = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(application(host), log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
