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
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_pii,
    ]
    structlog.configure(
        processors=[*before, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(part=part)
    # Telephony and the libraries use the standard library's logging; from other threads too, hence ``part`` by hand.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[lambda _logger, _method, event: {"part": part, **event}, *before],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.set_name("ivr")
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.get_name() != "ivr"] + [handler]
    logging.getLogger("ivr").setLevel(threshold)  # libraries: what the root says, warnings and worse
