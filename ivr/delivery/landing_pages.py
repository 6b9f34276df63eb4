"""Where line nodes upload recordings: tus 1.0 (https://tus.io/protocols/resumable-upload) with checksum of the whole.

``POST /nodes/{node}/recordings`` announces one, ``HEAD`` of its own address tells how much has come, ``PATCH`` goes on
from there. The answer to the last piece says that the recording is checked and stored; a node removes nothing before.
Every request shows the node's token. Without ``Upload-Complete: ?1`` it is not there.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ivr.delivery.landing import Landing, Progress, Promise, State
from ivr.delivery.nodes import Nodes
from ivr.errors import NodeRefused, OfficeError, StoreError
from ivr.privacy import Secret
from ivr.store.journal import is_call_id

log = structlog.get_logger(__name__)

TUS: Final = "1.0.0"
LONGEST_PIECE: Final = 1024 * 1024
_STATUS: Final = {State.UNKNOWN: 404, State.EARLY: 425, State.GONE: 410, State.DAMAGED: 460}

Work = Callable[[Landing], Progress | None]
Do = Callable[[Work], Awaitable[Progress | None]]
"""Does work with the landing in its thread."""


def routes(nodes: Nodes, do: Do) -> Sequence[Route]:
    """``/nodes/{node}/recordings`` and ``…/{call}``."""

    def stranger(request: Request) -> Response | None:
        """The answer to who isn't the node that they say they are."""
        if request.headers.get("Tus-Resumable") != TUS:
            return PlainTextResponse("tus 1.0.0\n", 412, {"Tus-Version": TUS})
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        node = request.path_params["node"]
        if kind.lower() != "bearer" or not nodes.admits(node, Secret(token.strip())):
            log.warning("node_not_admitted", node=node, source=request.client.host if request.client else "")
            return PlainTextResponse("token\n", 401, {"WWW-Authenticate": "Bearer"})
        return None

    async def guarded(request: Request, answer: Callable[[str], Awaitable[Response]]) -> Response:
        node = request.path_params["node"]
        try:
            return stranger(request) or await answer(node)
        except NodeRefused as error:
            log.error("recording_refused", node=node, problem=error.problem)
            return PlainTextResponse(f"{error.problem}\n", 422)
        except ClientDisconnect:
            return Response(status_code=400)
        except (StoreError, OfficeError, sqlite3.Error, OSError) as error:
            log.error("recording_not_taken", node=node, error=str(error))
            return PlainTextResponse("later\n", 507)

    async def announced(request: Request) -> Response:
        async def answer(node: str) -> Response:
            told = _metadata(request.headers.get("Upload-Metadata", ""))
            length, call = request.headers.get("Upload-Length", ""), told.get("call", "")
            if not length.isascii() or not length.isdigit() or len(length) > 15 or not is_call_id(call):
                return PlainTextResponse("Upload-Length, Upload-Metadata\n", 400)
            promise = Promise(int(length), told.get("sha256", ""), told.get("filetype", ""))
            came = await do(lambda landing: landing.begin(node, call, promise))
            return _told(came, 201, {"Location": f"{request.url.path}/{call}"})

        return await guarded(request, answer)

    async def asked(request: Request) -> Response:
        async def answer(node: str) -> Response:
            call = request.path_params["call"]
            return _told(await do(lambda landing: landing.progress(node, call)), 200)

        return await guarded(request, answer)

    async def sent(request: Request) -> Response:
        async def answer(node: str) -> Response:
            call, offset = request.path_params["call"], request.headers.get("Upload-Offset", "")
            if request.headers.get("Content-Type") != "application/offset+octet-stream":
                return PlainTextResponse("Content-Type\n", 415)
            if not offset.isascii() or not offset.isdigit() or len(offset) > 15:
                return PlainTextResponse("Upload-Offset\n", 400)
            piece = bytearray()
            async for part in request.stream():
                piece += part
                if len(piece) > LONGEST_PIECE:
                    return PlainTextResponse(f"at most {LONGEST_PIECE} bytes\n", 413)
            came = await do(lambda landing: landing.add(node, call, int(offset), bytes(piece)))
            return _told(came, 204)

        return await guarded(request, answer)

    one = "/nodes/{node}/recordings/{call}"
    return [
        Route("/nodes/{node}/recordings", announced, methods=["POST"]),
        Route(one, asked, methods=["HEAD"]),
        Route(one, sent, methods=["PATCH"]),
    ]


def _told(came: Progress | None, status: int, headers: dict[str, str] | None = None) -> Response:
    """What the node is answered; None: its bytes don't go on where the last ones ended."""
    if came is None:
        return PlainTextResponse("Upload-Offset\n", 409, {"Tus-Resumable": TUS})
    headers = {**(headers or {}), "Tus-Resumable": TUS, "Cache-Control": "no-store"}
    if came.state in _STATUS:
        return Response(status_code=_STATUS[came.state], headers=headers)
    headers["Upload-Complete"] = "?1" if came.state is State.HERE else "?0"
    if came.state is State.COMING:
        headers |= {"Upload-Offset": str(came.offset), "Upload-Length": str(came.length)}
    return Response(status_code=status, headers=headers)


def _metadata(header: str) -> dict[str, str]:
    """tus: ``key base64,key base64``; what is no base64 or no ASCII is left out."""
    found = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode("ascii")
        except ValueError:
            continue
    return found
