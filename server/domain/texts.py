"""What texts from outside must be like: patterns, and the types made of them."""

from typing import Annotated, TypeAlias

from msgspec import Meta

NO_NUL = "^[^\\x00]*$"
"""PostgreSQL keeps none in a text."""

SAYS_SOMETHING = "^\\s*[^\\s\\x00][^\\x00]*$"
"""More than white space, and no NUL."""

_IN_A_LINE = r"[^\x00\r\n\x85\u2028\u2029]*"

ONE_LINE = rf"^{_IN_A_LINE}[^\s\x00]{_IN_A_LINE}$(?!\n)"
"""The same on one line: it stands in one, of a prompt, a list or an address."""

Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]

HostName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255, pattern=ONE_LINE)]
"""What the host application calls a fan, a campaign or a subscription."""

HostId: TypeAlias = HostName | Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""The same as it may be sent: a number names what its digits name."""
