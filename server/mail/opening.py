"""From ``MAIL_URL`` to whoever takes mails away."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.mail.folder import FolderPostman
from server.mail.postman import Postman
from server.mail.smtp import SmtpPostman


def open_postman(url: str) -> Postman:
    """Raises OSError: the folder cannot be made. A mail server is first asked when it is used."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderPostman(Path(unquote(parts.path)))
    return SmtpPostman(url)
