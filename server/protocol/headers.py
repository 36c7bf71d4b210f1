"""What every answer over HTTP tells browsers not to do with it, refused upgrades included."""

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (
        b"permissions-policy",
        b"accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
        b"magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
)
"""For whatever is no page: it may load nothing, ask for nothing, and be framed by nobody. An answer
that says otherwise of itself is left so; pages bring their own content policy."""

TRANSPORT_SECURITY = (b"strict-transport-security", b"max-age=31536000")
"""A year, this host alone: whether its neighbours speak TLS is not ours to say."""


def security_headers(*, is_secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    """``is_secure``: browsers reach us by TLS, and from then on by nothing else."""
    return (*SECURITY_HEADERS, TRANSPORT_SECURITY) if is_secure else SECURITY_HEADERS
