"""Answers by e-mail: one mail over one SMTP connection (RFC 5321), with TLS where the server is another machine."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final, Literal

from ivr.errors import DeliveryError
from ivr.privacy import Pii, Secret

_ADDRESS: Final = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]+\.[^@\s<>,;:\"()\[\]\\.]{2,}")


@dataclass(frozen=True)
class MailServer:
    """``tls``: ``tls`` from the first byte, ``starttls`` after the greeting, ``none`` on this machine only."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: Secret = Secret("")  # noqa: RUF009  # never changes
    timeout_s: float = 10.0

    def send(self, to: Pii, subject: str, text: str) -> None:
        """Hand one mail over. Raises DeliveryError, which doesn't name the receiver."""
        if not _ADDRESS.fullmatch(to.reveal()):
            raise DeliveryError("e-mail", "the address is none", "Ask for it again")
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, to.reveal(), subject
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=self.sender.rpartition("@")[2] or None)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        try:
            with self._connected() as server:
                if self.username:
                    server.login(self.username, self.password.reveal())
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            codes = ", ".join(str(code) for code, _ in error.recipients.values())
            raise DeliveryError(
                "e-mail", f"the server refused the receiver ({codes})", "Ask for the address again"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            # The error's own text may hold the address; its kind is enough.
            problem = f"{self.host}:{self.port} did not take the mail ({type(error).__name__})"
            raise DeliveryError("e-mail", problem, "See [sending] and the mail server") from None

    def _connected(self) -> smtplib.SMTP:
        if self.tls == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        if self.tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server
