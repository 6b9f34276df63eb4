"""A line node's finished recordings on their way to the office: in pieces, resumed where they were cut, over HTTPS.

The protocol is that of :mod:`ivr.delivery.landing_pages`. A recording goes as it lies here: as the WAV file of the
call, or decrypted in memory as the FLAC that the vault holds, and the office seals it anew. It stays here until the
office has said that it is whole, and ``keep_days`` longer.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol
from urllib.parse import urlsplit

from ivr.errors import NodeRefused, OfficeError
from ivr.privacy import Secret

PIECE: Final = 256 * 1024
TIMEOUT_S: Final = 20.0
_TUS: Final = "1.0.0"
_TRIES: Final = 3
_EARLY, _GONE, _DAMAGED, _CONFLICT = 425, 410, 460, 409


class Sound(Protocol):
    """A recording as it lies here, the same bytes whenever it is read; ``kind`` is WAV's or FLAC's media type."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def length(self) -> int: ...

    def pieces(self, start: int, length: int) -> Iterable[bytes]: ...


class Sent(Enum):
    """What came of an upload."""

    HERE = "here"  # the office has it, whole
    GONE = "gone"  # the office has erased the call and does not want it
    EARLY = "early"  # the office hasn't got the call's end yet
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Office:
    """Where recordings go; ``tls`` None: in clear, on this machine only."""

    url: str
    node: str
    token: Secret
    tls: ssl.SSLContext | None = None


class Uploader:
    """One connection to the office, in one thread. ``stopped`` ends an upload between two pieces."""

    def __init__(self, office: Office, stopped: threading.Event) -> None:
        self._office, self._stopped = office, stopped
        self._parts = urlsplit(office.url)
        self._kept: http.client.HTTPConnection | None = None

    def send(self, sound: Sound) -> Sent:
        """Everything that the office hasn't got yet.

        Raises:
            NodeRefused: the office does not take this recording as it is.
            OfficeError: it takes none from this node.
            OSError, http.client.HTTPException: it can't be reached, or has no room; the same again later.
        """
        try:
            return self._send(sound)
        except (OSError, http.client.HTTPException):
            self._drop()
            raise

    def _send(self, sound: Sound) -> Sent:
        address = f"{self._base}/{sound.name}"
        promised = ""
        for _ in range(_TRIES):
            answer = self._ask("HEAD", address)
            if (over := _over(answer)) is not None:
                return over
            offset = _offset(answer)
            if not promised or offset is None:
                promised = promised or _checksum(sound)
                answer = self._announce(sound, promised)
                if (over := _over(answer)) is not None:
                    return over
                offset = _offset(answer)
            while offset is not None:
                if self._stopped.is_set():
                    return Sent.STOPPED
                piece = b"".join(sound.pieces(offset, min(PIECE, sound.length - offset)))
                headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                answer = self._ask("PATCH", address, headers, piece)
                if (over := _over(answer)) is not None:
                    return over
                offset = _offset(answer)
        raise NodeRefused(self._office.node, f"recording {sound.name} arrives damaged", "See the office's log")

    def _announce(self, sound: Sound, checksum: str) -> http.client.HTTPResponse:
        told = {"call": sound.name, "sha256": checksum, "filetype": sound.kind}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        answer = self._ask("POST", self._base, {"Upload-Length": str(sound.length), "Upload-Metadata": metadata})
        if answer.status == http.client.NOT_FOUND:
            raise OfficeError(f"{self._office.url} takes no recordings", "Set office.nodes_file and TLS there")
        return answer

    @property
    def _base(self) -> str:
        return f"{self._parts.path.rstrip('/')}/nodes/{self._office.node}/recordings"

    def _ask(
        self, method: str, address: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> http.client.HTTPResponse:
        """One request on the open connection. Raises what :meth:`send` raises."""
        everywhere = {"Tus-Resumable": _TUS, "Authorization": f"Bearer {self._office.token.reveal()}"}
        connection = self._connection()
        connection.request(method, address, body, everywhere | (headers or {}))
        answer = connection.getresponse()
        text = answer.read(200).decode("utf-8", "replace").strip()
        if answer.will_close:
            self._drop()
        if answer.status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
            raise OfficeError("The office does not know this node", "ivr nodes admit there; its token belongs here")
        if answer.status >= http.client.INTERNAL_SERVER_ERROR:
            raise OSError(f"the office answers {answer.status}")
        if answer.status >= http.client.BAD_REQUEST and answer.status not in (404, _CONFLICT, _EARLY, _GONE, _DAMAGED):
            raise NodeRefused(self._office.node, f"the office answers {answer.status} {text}", "See the office's log")
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        if self._kept is None:
            host, port = self._parts.hostname or "", self._parts.port
            if self._office.tls is not None:
                self._kept = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=self._office.tls)
            else:
                self._kept = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        return self._kept

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _over(answer: http.client.HTTPResponse) -> Sent | None:
    """What is settled by an answer; None: there is more to send."""
    if answer.getheader("Upload-Complete") == "?1":
        return Sent.HERE
    return {_EARLY: Sent.EARLY, _GONE: Sent.GONE}.get(answer.status)


def _offset(answer: http.client.HTTPResponse) -> int | None:
    """Where the office wants to go on; None: ask it anew."""
    offset = answer.getheader("Upload-Offset", "")
    return int(offset) if answer.status < http.client.BAD_REQUEST and offset.isdigit() else None


def _checksum(sound: Sound) -> str:
    digest = hashlib.sha256()
    for start in range(0, sound.length, PIECE):
        for piece in sound.pieces(start, min(PIECE, sound.length - start)):
            digest.update(piece)
    return digest.hexdigest()
