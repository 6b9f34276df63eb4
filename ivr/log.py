"""Logs: one line an event on standard error, personal data masked.

Readable on a terminal, JSON otherwise (``IVR_LOG=json|text`` decides by hand;
``IVR_LOG_LEVEL`` the level). Keys that begin with ``pii_`` are masked whatever
they hold, and ``Pii`` and ``Secret`` print as a mask by themselves.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from ivr.privacy import MASK


def mask_pii(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Processor: every ``pii_`` key loses its value."""
    for key in event:
        if key.startswith("pii_"):
            event[key] = MASK
    return event


def configure(part: str, level: str = "") -> None:
    """Set up logging for this process; ``part`` is on every line."""
    name = (level or os.environ.get("IVR_LOG_LEVEL", "info")).upper()
    threshold = logging.getLevelNamesMapping().get(name, logging.INFO)
    style = os.environ.get("IVR_LOG", "text" if sys.stderr.isatty() else "json")
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if style == "text" else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_pii,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(part=part)
