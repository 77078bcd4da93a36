"""E-mail by SMTP. The message id is that of the dispatch, so a repeat can be told."""

import ssl
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)

from activities.dispatch import Dispatch
from domain.notification.settling import Outcome

TIMEOUT_S = 20.0
PERMANENT = 500
CLOSING = 421
"""The server's own trouble (RFC 5321), whichever recipient it is said of."""
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """`start_tls=None`: where the server offers it. A password never goes in the clear:
    with one, it is required.
    """

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    use_tls: bool
    start_tls: bool | None


def parse_smtp_url(url: str) -> SmtpServer:
    """`smtp://[user:password@]host[:port]`, `smtp+starttls://`, `smtps://`. Raises
    ValueError.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        msg = "PLEDGE_SMTP_URL must be smtp://, smtp+starttls:// or smtps:// and a host"
        raise ValueError(msg)
    password = unquote(parts.password) if parts.password else None
    required = parts.scheme == "smtp+starttls" or password is not None
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=password,
        use_tls=parts.scheme == "smtps",
        start_tls=False if parts.scheme == "smtps" else (True if required else None),
    )


class Mail:
    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server, self._sender = server, sender

    async def send(self, dispatch: Dispatch) -> Outcome:
        try:
            await aiosmtplib.send(
                self._message(dispatch),
                recipients=[dispatch.address],
                sender=parseaddr(self._sender)[1],
                hostname=self._server.host,
                port=self._server.port,
                username=self._server.user,
                password=self._server.password,
                use_tls=self._server.use_tls,
                start_tls=self._server.start_tls,
                timeout=TIMEOUT_S,
            )
        except SMTPRecipientsRefused as error:
            # Greylisting, a full mailbox: others get their mail all the same.
            code = error.recipients[0].code
            return replace(_answered(code), only_them=code != CLOSING)
        except SMTPResponseException as error:
            return _answered(error.code)
        except (SMTPTimeoutError, TimeoutError):
            return Outcome(code="timeout", temporary=True)
        except (SMTPException, ssl.SSLError, OSError):
            return Outcome(code="no_answer", temporary=True)
        except (ValueError, UnicodeError):
            return Outcome(code="address_refused")
        return Outcome()

    def _message(self, dispatch: Dispatch) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = dispatch.address
        message["Subject"] = dispatch.letter.subject
        message["Date"] = formatdate()
        domain = parseaddr(self._sender)[1].rpartition("@")[2] or "pledge"
        message["Message-ID"] = f"<{dispatch.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(dispatch.letter.text)
        return message


def _answered(code: int) -> Outcome:
    return Outcome(code=f"smtp_{code}", temporary=code < PERMANENT)
