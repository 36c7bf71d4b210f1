"""The built pages: one document for page paths, immutable assets, nothing outside the folder."""

import gzip
from pathlib import Path

import httpx2
import pytest
from starlette.routing import Router

from server.domain.clock import utc_now
from server.routes.middleware import Requests
from server.routes.pages import POLICY, accepts_gzip, asset_routes, document
from server.telemetry.metrics import Metrics
from tests.server.routes.site import error

HTML = {"Accept": "text/html"}


def built(folder: Path) -> Path:
    dist = folder / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "embed").mkdir()
    (dist / "embed" / "causerie.js").write_text("let parts = 1;")
    (dist / "embed" / "causerie.js.gz").write_bytes(gzip.compress(b"let parts = 1;"))
    (dist / "embed" / "index.html").write_text("<!doctype html><title>Embedded</title>")
    (dist / "index.html").write_text("<!doctype html><title>Causerie</title>")
    (dist / "assets" / "app-1.js").write_text("let app = 1;")
    (dist / "assets" / "app-1.js.gz").write_bytes(gzip.compress(b"let app = 1;"))
    (dist / "assets" / "style-1.css").write_text("a { color: red }")
    (folder / "secret.txt").write_text("secret")
    return dist


def client(dist: Path) -> httpx2.AsyncClient:
    app = Requests(
        Router(asset_routes(dist), redirect_slashes=False, default=document(dist)),
        clock=utc_now,
        metrics=Metrics(),
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/chat", "/chat/x/y", "/admin/costs"])
async def test_every_page_path_is_the_document_under_its_policy(tmp_path: Path, path: str) -> None:
    async with client(built(tmp_path)) as browser:
        answer = await browser.get(path)
        assert (answer.status_code, "Causerie" in answer.text) == (200, True)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-type"].startswith("text/html")
        again = await browser.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_an_unknown_page_is_a_page_for_browsers_and_an_envelope_for_programs(
    tmp_path: Path,
) -> None:
    async with client(built(tmp_path)) as browser:
        page = await browser.get("/nowhere", headers=HTML)
        assert (page.status_code, "Causerie" in page.text) == (404, True)
        error(await browser.get("/nowhere"), 404, "not_found")
        for path in ("/api/x", "/api/%0Ax", "/ws", "/v1/models", "/assets", "/embed/x.js"):
            error(await browser.get(path, headers=HTML), 404, "not_found")
        refused = await browser.post("/chat")
        error(refused, 405, "method_not_allowed")
        assert refused.headers["allow"] == "GET, HEAD"


async def test_assets_last_for_ever_and_come_zipped_to_who_accepts_it(tmp_path: Path) -> None:
    async with client(built(tmp_path)) as browser:
        zipped = await browser.get("/assets/app-1.js")
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.text == "let app = 1;"
        plain = await browser.get("/assets/app-1.js", headers={"Accept-Encoding": "br"})
        assert "content-encoding" not in plain.headers
        assert plain.text == zipped.text
        for answer in (zipped, plain):
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["content-type"].startswith("text/javascript")
            assert answer.headers["vary"] == "accept-encoding"
        style = await browser.get("/assets/style-1.css")
        assert style.headers["content-type"].startswith("text/css")
        head = await browser.head("/assets/style-1.css")
        assert (head.content, head.headers["content-length"]) == (b"", "16")


async def test_the_script_for_other_sites_keeps_its_name_and_is_open_to_all(tmp_path: Path) -> None:
    async with client(built(tmp_path)) as browser:
        first = await browser.get("/embed/causerie.js", headers={"Origin": "https://any.example"})
        assert (first.status_code, first.text) == (200, "let parts = 1;")
        assert first.headers["content-encoding"] == "gzip"
        assert first.headers["content-type"].startswith("text/javascript")
        assert first.headers["cache-control"] == "no-cache"
        again = await browser.get(
            "/embed/causerie.js", headers={"If-None-Match": first.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        chunk = await browser.get("/assets/app-1.js")
        for answer in (first, again, chunk):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_the_page_that_shows_it_is_ours_alone(tmp_path: Path) -> None:
    async with client(built(tmp_path)) as browser:
        page = await browser.get("/embed/")
        assert "Embedded" in page.text
        assert page.headers["content-security-policy"] == POLICY
        assert "access-control-allow-origin" not in page.headers
        error(await browser.get("/embed/../index.html.gz"), 404, "not_found")
        error(await browser.post("/embed/causerie.js"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "name",
    [
        "%2e%2e/%2e%2e/secret.txt",
        "..%2f..%2fsecret.txt",
        "%2e%2e/index.html/../../secret.txt",
        "/etc/passwd",
        "%2e%2e/index.html",
        "app-1.js.gz",
        "missing.js",
        "",
        "a" * 3_000,
        "%00",
        "%0A",
    ],
)
async def test_nothing_outside_is_ever_read(tmp_path: Path, name: str) -> None:
    async with client(built(tmp_path)) as browser:
        answer = await browser.get(f"/assets/{name}")
        error(answer, 404, "not_found")


async def test_a_link_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    dist = built(tmp_path)
    (dist / "assets" / "out.txt").symlink_to(tmp_path / "secret.txt")
    async with client(dist) as browser:
        error(await browser.get("/assets/out.txt"), 404, "not_found")


async def test_pages_that_were_not_built_say_so_and_appear_once_they_are(tmp_path: Path) -> None:
    async with client(tmp_path / "dist") as browser:
        missing = await browser.get("/")
        assert missing.status_code == 503
        assert "make serve" in missing.text
        dist = built(tmp_path)
        assert (await browser.get("/")).status_code == 200
        (dist / "index.html").write_text("<!doctype html><title>Causerie, newer</title>")
        assert "newer" in (await browser.get("/")).text


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("", False),
    ],
)
def test_weights_of_zero_mean_no(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted
