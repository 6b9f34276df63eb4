"""The desk of a worker: which registry it asks, where tries are counted and read, and who is told of patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import SystemRandom

from ivr.config import Config
from ivr.dialog.ports import Ports
from ivr.identity.choosing import Rules
from ivr.identity.limits import Limits
from ivr.identity.ports import PeopleRegistry, Try
from ivr.identity.questions import Question
from ivr.keyfile import read_key
from ivr.registry.desk import DeskRules, IdentityDesk
from ivr.registry.embedded import EmbeddedRegistry
from ivr.registry.http import HttpRegistry, Reach
from ivr.registry.tries import TryLog


def with_registry(
    ports: Ports, config: Config, now: Callable[[], datetime], on_alarm: Callable[[str, Mapping[str, object]], None]
) -> Ports:
    """The ports of a worker with the configured registry, where nobody else gives one.

    Raises:
        ConfigError: certificates can't be read.
        StoreError: the registry of made-up people, the log of tries or its key can't be used.
    """
    registry = registry_of(config)
    if ports.registry is not None or registry is None:
        return ports
    desk = IdentityDesk(registry, try_log(config), now, SystemRandom(), rules_of(config), on_alarm=on_alarm)
    return replace(ports, registry=desk)


def try_log(config: Config) -> TryLog:
    """The log of tries of this machine. Raises StoreError."""
    return TryLog(try_log_path(config), read_key(config.line.data_dir / "identity.key"))


def try_log_path(config: Config) -> Path:
    """Where it lies; there is none before the first call that could ask who somebody is."""
    return config.line.data_dir / "identity.db"


def tries_from(config: Config, spellings: Iterable[str], now: datetime) -> list[Try]:
    """This machine's tries of the last month from a number. Raises StoreError."""
    if not try_log_path(config).exists():
        return []
    with closing(try_log(config)) as log:
        log.forget(now)
        return log.from_number(spellings)


def registry_of(config: Config) -> PeopleRegistry | None:
    """The registry that the configuration names; None: there is none, and personal matters go to people."""
    section = config.registry
    if section.embedded is not None:
        return EmbeddedRegistry(section.embedded)
    if section.url:
        reach = Reach(section.url, section.timeout_s, 3, section.ca_file, section.cert_file, section.key_file)
        return HttpRegistry(reach)
    return None


def rules_of(config: Config) -> DeskRules:
    """Rules of authenticating as configured."""
    section = config.registry
    limits = Limits(
        number_per_day=section.tries_per_number,
        person_per_day=section.tries_per_person,
        person_per_month=section.tries_per_person_month,
    )
    asked = frozenset(Question(name) for name in section.questions) | {Question.NAME}
    return DeskRules(Rules(hearable=asked), limits, registration_digits=section.registration_digits)
