"""What a URL of a webhook may look like, and where it may then lead."""

from ipaddress import ip_address, ip_network

import pytest

from server.webhooks.targets import NotAllowed, check, parse

INTERNET, INSIDE = ip_address("1.1.1.1"), ip_address("10.0.0.1")
NAMED = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "path"),
    [
        ("https://Example.com", "example.com", 443, b"example.com", b"/"),
        (
            "https://example.com:8443/a?b=ö",
            "example.com",
            8443,
            b"example.com:8443",
            b"/a?b=%C3%B6",
        ),
        ("https://bücher.example/x", "xn--bcher-kva.example", 443, b"xn--bcher-kva.example", b"/x"),
        ("http://[2606:4700::1111]:80/", "2606:4700::1111", 80, b"[2606:4700::1111]", b"/"),
    ],
)
def test_a_url_is_read_once_for_all(
    url: str, host: str, port: int, authority: bytes, path: bytes
) -> None:
    target = parse(url)
    assert (target.host, target.port, target.authority, target.path) == (
        host,
        port,
        authority,
        path,
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com",
        "https://",
        "https:///path",
        "https://user@example.com",
        "https://user:pass@example.com",
        "https://example.com/#there",
        "https://exa mple.com",
        "https://exa\nmple.com",
        "https://②.example",
        "https://[fe80::1%25eth0]/",
        "https://.example.com",
        f"https://{'a.' * 130}example",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
    ],
)
def test_a_url_that_no_webhook_has_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        parse(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com", "https://"),
        ("https://example.com:25", "port"),
        ("https://example.com:80", "port"),
    ],
)
def test_strangers_are_called_by_tls_and_at_ports_for_strangers(url: str, reason: str) -> None:
    with pytest.raises(NotAllowed, match=reason):
        check(parse(url), INTERNET, NAMED)
    check(parse(url), INSIDE, NAMED)


def test_what_is_inside_is_not_called_unless_the_operator_names_it() -> None:
    target = parse("https://example.com")
    check(target, INTERNET, ())
    with pytest.raises(NotAllowed, match="public addresses"):
        check(target, INSIDE, ())
