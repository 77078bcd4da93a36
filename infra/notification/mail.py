"""E-mail by SMTP. The message id is that of the dispatch, so a repeat can be
detected.
"""

from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
import idna
from aiosmtplib.errors import (
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)

from activities.notification.message import Dispatch
from domain.notification.outcome import Outcome

TIMEOUT_S = 20.0
PERMANENT = 500
CLOSING = 421
"""Faults of the server itself (RFC 5321), whichever recipient they are reported for."""
NOT_TAKEN = Outcome(code="address_invalid")
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """`start_tls=None`: where the server offers it. A password is never sent
    unencrypted: with one, TLS is required.
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
            await self._send(dispatch, _sendable(dispatch.address))
        except (SMTPException, OSError, ValueError) as error:
            return _failure(error, dispatch.address)
        return Outcome()

    async def _send(self, dispatch: Dispatch, address: str) -> None:
        await aiosmtplib.send(
            self._message(dispatch, address),
            recipients=[address],
            sender=parseaddr(self._sender)[1],
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            use_tls=self._server.use_tls,
            start_tls=self._server.start_tls,
            timeout=TIMEOUT_S,
        )

    def _message(self, dispatch: Dispatch, address: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = address
        message["Subject"] = dispatch.letter.subject
        message["Date"] = formatdate()
        domain = parseaddr(self._sender)[1].rpartition("@")[2] or "pledge"
        message["Message-ID"] = f"<{dispatch.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if dispatch.thread is not None:
            # A message that was never sent: all mails of a ticket are replies to it,
            # so mail programs show them as one conversation.
            root = f"<ticket.{dispatch.thread}@{domain}>"
            message["In-Reply-To"] = root
            message["References"] = root
        message.set_content(dispatch.letter.text)
        if dispatch.letter.html:
            message.add_alternative(dispatch.letter.html, subtype="html")
        return message


def _sendable(address: str) -> str:
    """With a domain that every server can read; a name before the @ has no other form.
    Raises UnicodeError.
    """
    name, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    return f"{name}@{idna.encode(domain, uts46=True).decode('ascii')}"


def _failure(error: Exception, address: str) -> Outcome:
    match error:
        case SMTPRecipientsRefused(recipients=[first, *_]):
            # Greylisting, a full mailbox: the mails of others are not affected.
            return replace(_answered(first.code), only_them=first.code != CLOSING)
        case SMTPResponseException(code=code):
            return _answered(code)
        case SMTPTimeoutError() | TimeoutError():
            return Outcome(code="timeout", temporary=True)
        case SMTPNotSupported() if not address.isascii():
            return NOT_TAKEN  # it does not know SMTPUTF8
        case SMTPException() | OSError():  # of TLS too
            return Outcome(code="no_answer", temporary=True)
        case _:
            return NOT_TAKEN


def _answered(code: int) -> Outcome:
    return Outcome(code=f"smtp_{code}", temporary=code < PERMANENT)
