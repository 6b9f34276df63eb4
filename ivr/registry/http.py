"""The registry over HTTP, as ``docs/registry.openapi.yaml`` describes it: mutual TLS, time limits, tries, a fuse.

Nothing that identifies a person is ever part of an address, a log line or an error: values go in bodies, and errors
name the operation only.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ivr.errors import ConfigError, RegistryAway
from ivr.identity.ports import Matters
from ivr.identity.questions import Question
from ivr.privacy import Pii, Secret
from ivr.registry.fuse import Fuse

_MOST_BYTES: Final = 64 * 1024
_AGAIN: Final = frozenset({502, 503, 504})  # another try may meet a server that is well
_PAUSES_S: Final = (0.1, 0.3)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the registry is and how it is reached. ``timeout_s``: of connecting, and of each wait for bytes.

    ``ca``, ``certificate`` and ``key`` are PEM files: who the registry must be, and who we are (mutual TLS).
    """

    url: str
    timeout_s: float = 2.0
    tries: int = 3
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class HttpRegistry:
    """Implements ``PeopleRegistry``; usable from several threads. Raises ConfigError for certificates it can't read."""

    def __init__(
        self,
        reach: Reach,
        fuse: Fuse | None = None,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._reach, self._fuse, self._pause = reach, fuse or Fuse(), pause
        parts = urlsplit(reach.url)
        self._host, self._port, self._base = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self._context = _context(reach) if parts.scheme == "https" else None
        self._local = threading.local()

    def ready(self) -> None:
        self._ask("ready", {})

    def candidates(self, last4: Secret, name: Secret) -> Sequence[str]:
        answer = self._ask("candidates", {"last4": last4.reveal(), "name": name.reveal()})
        people = answer.get("people")
        if not isinstance(people, list) or not all(isinstance(person, str) and person for person in people):
            raise RegistryAway("candidates", "answered something else than identifiers")
        return tuple(people)

    def askable(self, person: str) -> Collection[Question]:
        answer = self._ask("askable", {"person": person})
        names = answer.get("questions")
        if not isinstance(names, list):
            raise RegistryAway("askable", "answered something else than questions")
        known = {question.value for question in Question}
        return frozenset(Question(name) for name in names if name in known)

    def judge(self, person: str, question: Question, value: Secret) -> bool:
        answer = self._ask("judge", {"person": person, "question": question.value, "value": value.reveal()})
        agrees = answer.get("agrees")
        if not isinstance(agrees, bool):
            raise RegistryAway("judge", "answered something else than true or false")
        return agrees

    def matters(self, person: str) -> Matters | None:
        answer = self._ask("matters", {"person": person})
        found = answer.get("matters")
        try:
            return _matters(found) if found is not None else None
        except (KeyError, TypeError, ValueError) as error:
            raise RegistryAway("matters", "answered what is no description of a person's matters") from error

    def _ask(self, operation: str, body: Mapping[str, str]) -> dict[str, Any]:
        """One operation, tried again where that may help: all of them only read."""
        if not self._fuse.closed():
            raise RegistryAway(operation, "has failed too often and is left alone for a while")
        problem = ""
        for attempt in range(self._reach.tries):
            if attempt:
                self._pause(_PAUSES_S[min(attempt, len(_PAUSES_S)) - 1])
            try:
                status, data = self._once(operation, json.dumps(body).encode())
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                problem = f"can't be reached ({type(error).__name__})"
                continue
            if status == http.client.OK:
                self._fuse.worked()
                return _object(operation, data)
            problem = f"answered with status {status}"
            if status not in _AGAIN:
                break
        self._fuse.failed()
        raise RegistryAway(operation, problem)

    def _once(self, operation: str, body: bytes) -> tuple[int, bytes]:
        connection = self._connection()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        connection.request("POST", f"{self._base}/v1/{operation}", body, headers)
        response = connection.getresponse()
        data = response.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES or response.will_close:
            self._drop()
        return response.status, data

    def _connection(self) -> http.client.HTTPConnection:
        """One connection a thread, kept open between questions."""
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is None:
            timeout = self._reach.timeout_s
            if self._context is not None:
                kept = http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._context)
            else:
                kept = http.client.HTTPConnection(self._host, self._port, timeout=timeout)
            self._local.connection = kept
        return kept

    def _drop(self) -> None:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            kept.close()
            self._local.connection = None


def _context(reach: Reach) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=reach.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if reach.certificate is not None:
            context.load_cert_chain(reach.certificate, reach.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            "registry",
            "ca_file, cert_file, key_file",
            f"can't be used ({error})",
            "Name PEM files that the line may read",
        ) from error
    return context


def _object(operation: str, data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise RegistryAway(operation, "answered what is no JSON") from error
    if not isinstance(answer, dict):
        raise RegistryAway(operation, "answered what is no JSON object")
    return answer


def _matters(found: Mapping[str, Any]) -> Matters:
    next_visit, decision = found.get("next_visit"), found.get("last_decision")
    visit = datetime.fromisoformat(next_visit) if next_visit else None
    if visit is not None and visit.tzinfo is None:
        raise ValueError("a visit without its zone")
    return Matters(
        registered=bool(found["registered"]),
        registration=Pii(str(found.get("registration") or "")),
        next_visit=visit,
        specialist=str(found.get("specialist") or ""),
        last_decision=date.fromisoformat(decision) if decision else None,
        login=Pii(str(found.get("login") or "")),
    )
