"""An SMS gateway on loopback for demo and tests: takes what the line sends and keeps it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from ivr.privacy import Pii

_LONGEST: Final = 65_536


@dataclass(frozen=True)
class ShortMessage:
    """One message: the number in full international form and its text."""

    to: Pii
    text: str


class LocalGateway:
    """``with`` starts and stops it; ``on_message`` is called in the server's thread, in order of arrival.

    It speaks what ``sending.sms_url`` expects (:mod:`ivr.answers.sms`) and answers 202, or 400 to what is no message.
    """

    def __init__(self, on_message: Callable[[ShortMessage], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                try:
                    given = json.loads(self.rfile.read(min(int(self.headers["Content-Length"]), _LONGEST)))
                    message = ShortMessage(Pii(str(given["to"])), str(given["text"]))
                except (ValueError, KeyError, TypeError):
                    self.send_error(400, "no message")
                    return
                on_message(message)
                self.send_response(202)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # the parent's name for it
                pass  # numbers are nobody's business

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="sms-gateway", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/sms"

    def __enter__(self) -> LocalGateway:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
