"""The health page: what runs, for a load balancer and for the operator at night.

``GET /healthz`` answers 200 when every part runs and the journal can be written,
and 503 otherwise, with the parts as JSON. It holds no data of callers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def read_parts(data_dir: Path) -> dict[str, Any]:
    """The supervisor's ``parts.json``; empty when there is none or it is broken."""
    try:
        parts = json.loads((data_dir / "parts.json").read_text(encoding="utf-8"))["parts"]
    except (OSError, ValueError, KeyError):
        return {}
    return parts if isinstance(parts, dict) else {}


def route(data_dir: Path, version: str) -> Route:
    """``/healthz``."""

    async def healthz(_request: Request) -> JSONResponse:
        parts = read_parts(data_dir)
        running = bool(parts) and all(part.get("state") == "ready" for part in parts.values())
        healthy = running and all(part.get("journal", "ok") == "ok" for part in parts.values())
        body = {"status": "ok" if healthy else "degraded", "version": version, "parts": parts}
        return JSONResponse(body, status_code=200 if healthy else 503)

    return Route("/healthz", healthz)
