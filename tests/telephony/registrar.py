"""A registrar of our own for tests: challenges with 401 (digest, MD5), then checks the answer and says 200."""

from __future__ import annotations

import hashlib
import re
import socket
import threading

from ivr.simulator.wire import header


class Registrar(threading.Thread):
    """Listens on a UDP port of its own; ``accepted`` holds the contacts that registered, empty ones for removals."""

    def __init__(self, username: str, password: str) -> None:
        super().__init__(name="registrar", daemon=True)
        self.accepted: list[str] = []
        self.refused = 0
        self._username, self._password = username, password
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.uri = f"sip:localhost:{self._socket.getsockname()[1]}"
        self._leave = threading.Event()

    def __enter__(self) -> Registrar:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self.join()
        self._socket.close()

    def run(self) -> None:
        while not self._leave.is_set():
            try:
                data, sender = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            request = data.decode()
            if request.startswith("REGISTER "):
                self._socket.sendto(self._reply(request).encode(), sender)

    def _reply(self, request: str) -> str:
        extra: list[str] = []
        given = header(request, "Authorization")
        if not given:
            status = "401 Unauthorized"
            extra.append('WWW-Authenticate: Digest realm="test", nonce="abc123", algorithm=MD5')
        elif self._right(given):
            status = "200 OK"
            contact = header(request, "Contact")
            self.accepted.append("" if "expires=0" in contact or header(request, "Expires") == "0" else contact)
            extra += [f"Contact: {contact}", "Expires: 300"]
        else:
            status = "403 Forbidden"
            self.refused += 1
        copied = [f"{name}: {header(request, name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
        to = f"To: {header(request, 'To')};tag=registrar"
        return "\r\n".join([f"SIP/2.0 {status}", *copied, to, *extra, "Content-Length: 0"]) + "\r\n\r\n"

    def _right(self, given: str) -> bool:
        parts = dict(re.findall(r'(\w+)="?([^",]+)"?', given))
        secret = _md5(f"{self._username}:test:{self._password}")
        expected = _md5(f"{secret}:abc123:{_md5('REGISTER:' + parts['uri'])}")
        return bool(parts["username"] == self._username and parts["response"] == expected)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
