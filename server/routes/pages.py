"""The built pages: one document for every page path, and its assets."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from server.domain.errors import MethodNotAllowed, NotFound
from server.routes.middleware import UNMATCHED

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types causerie dompurify lit-html; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
ANYBODYS = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""Scripts hold no secret: any site's pages may load them. What they may do is asked elsewhere."""

FOREVER = "public, max-age=31536000, immutable"
"""Assets carry a hash of their content in their name."""

PAGES = (
    "/",
    "/sign-in",
    "/sign-up",
    "/forgot",
    "/confirm",
    "/reset",
    "/invitation",
    "/chat",
    "/write",
    "/presets",
    "/creator",
    "/usage",
    "/workspaces",
    "/notifications",
    "/settings",
    "/admin",
)
"""Where pages begin; the document's own router knows what is below."""

INTERFACES = ("/api", "/ws", "/v1", "/assets", "/healthz", "/metrics", "/openapi.json", "/embed")
"""Paths of programs: what is not found there is told in the envelope, never with a page."""

NOT_BUILT = (
    "The pages have not been built: run `make serve`, or `npm ci && npm run build` in static/.\n"
    "The interfaces under /api and /ws answer meanwhile.\n"
)


@dataclass(frozen=True)
class File:
    """A file in memory, with the gzip that was made of it at build time."""

    body: bytes
    gzipped: bytes | None
    kind: str
    etag: str


class Files:
    """Reads each file once per change: ``npm run dev`` writes new ones while the server runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._known: dict[Path, tuple[int, File]] = {}

    async def get(self, name: str) -> File | None:
        """None: there is no such file inside the folder."""
        return await to_thread.run_sync(self._get, name)

    def _get(self, name: str) -> File | None:
        try:
            # Whatever a name says, links included, nothing outside the folder is ever read.
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder) or path.suffix == ".gz":
                return None
            return self._read(path) if path.is_file() else None
        except (OSError, ValueError):
            return None  # too long, a NUL, or gone since

    def _read(self, path: Path) -> File:
        changed = path.stat().st_mtime_ns
        known = self._known.get(path)
        if known is not None and known[0] == changed:
            return known[1]
        zipped = path.with_name(path.name + ".gz")
        body = path.read_bytes()
        file = File(
            body=body,
            gzipped=zipped.read_bytes() if zipped.is_file() else None,
            kind=_kind(path),
            etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        )
        self._known[path] = (changed, file)
        return file


class DocumentEndpoint:
    """The pages' one document, and the answer to every path that nothing else answers.

    A browser that asks for an unknown page gets the document with 404, which says so in words; a
    program, or anybody below the interfaces' own paths, gets the envelope.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.url.path
        known = path == "/" or _below(path, PAGES[1:])
        reads_html = "text/html" in request.headers.get("accept", "")
        if not known and (_below(path, INTERFACES) or not reads_html):
            raise NotFound("There is nothing at this path.")
        _only_reading(request, "page" if known else UNMATCHED)
        response = await self._document(request, 200 if known else 404)
        await response(scope, receive, send)

    async def _document(self, request: Request, status: int) -> Response:
        file = await self._files.get("index.html")
        if file is None:
            return Response(
                NOT_BUILT, status_code=503, media_type="text/plain", headers={"retry-after": "5"}
            )
        headers = {"content-security-policy": POLICY, "cache-control": "no-cache"}
        return answer(request, file, headers, status=status)


class AssetEndpoint:
    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        _only_reading(request, "asset")
        file = await self._files.get(request.path_params["name"])
        if file is None:
            raise NotFound("There is no such file.")
        await answer(request, file, {"cache-control": FOREVER, **ANYBODYS})(scope, receive, send)


class EmbedEndpoint:
    """The script that other sites name in their pages, so it keeps its name; a page to see it."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        _only_reading(request, "embed")
        name = request.path_params["name"] or "index.html"
        file = await self._files.get(name)
        if file is None:
            raise NotFound("There is no such file.")
        headers = {"cache-control": "no-cache"}
        headers |= {"content-security-policy": POLICY} if name.endswith(".html") else ANYBODYS
        await answer(request, file, headers)(scope, receive, send)


def answer(request: Request, file: File, headers: dict[str, str], *, status: int = 200) -> Response:
    """The file, its gzip where that is accepted, or 304 to whoever has it."""
    headers = {**headers, "etag": file.etag, "vary": "accept-encoding"}
    if status == 200 and file.etag in (
        tag.strip() for tag in request.headers.get("if-none-match", "").split(",")
    ):
        return Response(status_code=304, headers=headers)
    if file.gzipped is not None and accepts_gzip(request.headers.get("accept-encoding", "")):
        headers["content-encoding"] = "gzip"
        return Response(file.gzipped, status, headers, file.kind)
    return Response(file.body, status, headers, file.kind)


def accepts_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _only_reading(request: Request, route: str) -> None:
    request.scope["state"]["route"] = route
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed("This path can only be read.", metadata={"allow": "GET, HEAD"})


def _kind(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    # The machine's own table may call a script text/plain, which browsers then refuse to run.
    return {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}.get(
        path.suffix, kind
    )


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)


def asset_routes(folder: Path) -> list[BaseRoute]:
    """``folder`` is ``static/dist``; it may be made later."""
    return [
        Route("/assets/{name:path}", AssetEndpoint(Files(folder / "assets"))),
        Route("/embed/{name:path}", EmbedEndpoint(Files(folder / "embed"))),
    ]


def document(folder: Path) -> DocumentEndpoint:
    """What answers where no route does. As a route it would not: their patterns know no line's end
    in a path."""
    return DocumentEndpoint(Files(folder))
