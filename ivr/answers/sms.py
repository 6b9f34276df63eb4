"""Answers by SMS: a gateway that takes ``POST {"to": "+370…", "text": "…"}`` and a bearer token over HTTPS."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ivr.errors import DeliveryError
from ivr.privacy import Pii, Secret

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True)
class Gateway:
    """``url``: https, or http on this machine."""

    url: str
    token: Secret = Secret("")  # noqa: RUF009  # never changes
    timeout_s: float = 10.0

    def send(self, to: Pii, text: str) -> None:
        """Hand one message over; any status of 2xx means taken. Raises DeliveryError, which doesn't name the number."""
        if not _NUMBER.fullmatch(to.reveal()):
            raise DeliveryError("sms", "the number is none", "Ask for it again")
        url = urlsplit(self.url)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token.reveal()}"
        body = json.dumps({"to": to.reveal(), "text": text}, ensure_ascii=False).encode()
        connection = self._connection(url.scheme, url.hostname or "", url.port)
        try:
            path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            problem = f"{url.hostname} did not take the message ({type(error).__name__})"
            raise DeliveryError("sms", problem, "See [sending] sms_url and the gateway") from None
        finally:
            connection.close()
        if not 200 <= status < 300:  # a redirection would carry number and token elsewhere
            raise DeliveryError("sms", f"{url.hostname} answered {status}", "See [sending] and the gateway")

    def _connection(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self.timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self.timeout_s)
