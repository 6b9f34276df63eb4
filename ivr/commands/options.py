"""Options and manners that commands share: the configuration, and errors in plain words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ivr.config import Config, load
from ivr.errors import IvrError

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_FILE = Path("ivr.toml")


def config_option(function: F) -> F:
    """``--config FILE``; without it ``ivr.toml`` of the current folder, if there is one."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Configuration (TOML); default: ivr.toml here, if it exists.",
    )(function)


def chosen(config_path: Path | None) -> Path | None:
    """The configuration file that counts."""
    if config_path is None and DEFAULT_FILE.exists():
        return DEFAULT_FILE
    return config_path


def loaded(config_path: Path | None) -> Config:
    """The configuration, or ConfigError."""
    return load(chosen(config_path))


def plain_errors(function: F) -> F:
    """Our own errors end the command with their sentence and status 1, without a traceback."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except IvrError as error:
            raise click.ClickException(str(error)) from error

    return wrapped  # type: ignore[return-value]  # the wrapper keeps the signature
