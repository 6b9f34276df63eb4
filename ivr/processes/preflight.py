"""Before any part starts: everything that can be wrong is found here, said once, and named.

Each check raises an error of ``ivr.errors`` whose message names the file, the
key and the remedy; the order is from the cheap to the dear.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from ivr.answers.post import post_of
from ivr.config import Config
from ivr.dialog.plan import Plan, load_plan
from ivr.dialog.topics import Topic, load_topics
from ivr.errors import ConfigError, PlanError
from ivr.paths import project_file
from ivr.processes.colleagues import colleagues
from ivr.processes.delivering import check_deliveries
from ivr.processes.identity import registry_of
from ivr.processes.parts import parts_of
from ivr.quality.scorecard import Scorecard, load_scorecard
from ivr.speech.grammars.book import GrammarBook
from ivr.speech.lexicon import Lexicon
from ivr.speech.models import check_model
from ivr.speech.prompts import PromptBook, other_texts
from ivr.speech.voices import identify
from ivr.store.database import open_database
from ivr.vault.keys import read_keys

MAX_SOCKET_PATH = 107
GRAMMARS = GrammarBook(lambda: datetime.now(tz=UTC).year)


def check(config: Config) -> Plan:
    """All checks, in a data folder that exists; returns the plan, which is loaded on the way.

    Raises:
        ConfigError, PlanError, PromptError, ModelError, StoreError
    """
    check_socket_path(config)
    book = PromptBook(config.line.prompts_dir, config.line.language)
    lexicon: Lexicon | None = None
    if not config.speech.recognizer and config.workers.count:
        check_model(config.speech.model)
        lexicon = Lexicon(config.speech.model)
    if config.workers.count:
        identify(config)
    known = {*book.ids, *other_texts(config.line.prompts_dir, config.line.language)}
    plan = read_plan(config.line.plan, lexicon, frozenset(known))
    read_scorecard(config.line.plan)
    colleagues(config)
    registry_of(config)
    open_database(config.journal_path).close()
    check_ports(config)
    config.secret("sip", "password")
    config.secret("mqtt", "password")
    check_deliveries(config)
    if config.recording.key_file is not None:
        read_keys(config.recording.key_file)
    post_of(config)
    return plan


def read_plan(path: Path, lexicon: Lexicon | None, prompts: frozenset[str] | None) -> Plan:
    """The plan, with its prompts, words and topics checked against what exists."""
    known = read_topics(path)
    return load_plan(read(path), str(path), lexicon=lexicon, prompts=prompts, topics=known, grammars=GRAMMARS)


def read_topics(plan: Path) -> Mapping[str, Topic]:
    """The topics beside a plan, by id; the project's own when there are none."""
    path = plan.with_name("topics.yaml")
    if not path.exists():
        path = project_file("dialplans", "topics.yaml")
    return load_topics(read(path), str(path))


def read_scorecard(plan: Path) -> Scorecard:
    """The criteria of reviews beside a plan; the project's own when there are none."""
    path = plan.with_name("scorecard.yaml")
    if not path.exists():
        path = project_file("dialplans", "scorecard.yaml")
    return load_scorecard(read(path), str(path))


def read(path: Path) -> str:
    """A file of the dial plan. Raises PlanError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(path, 0, f"can't be read ({error})", "Set [line] plan to an existing file") from error


def make_data_dir(config: Config) -> None:
    """The data folder, made for this user only: it will hold recordings.

    One that exists keeps its mode: it may be shared with others. Recordings,
    journal and socket are closed to them by their own modes.
    """
    folder = config.line.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        config.recordings_dir.mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable")
    except OSError as error:
        raise ConfigError(
            config.source,
            "line.data_dir",
            f"{folder} can't be used ({error.strerror})",
            "Give a folder that this user may write to",
        ) from error


def check_socket_path(config: Config) -> None:
    """The longest of the line's socket paths fits into a socket address, which holds 107 bytes on Linux."""
    path = max((str(config.ears_socket), str(config.voice_socket), str(config.answers_socket)), key=len)
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise ConfigError(
            config.source,
            "line.data_dir",
            f"the path of its socket, {path}, is longer than {MAX_SOCKET_PATH} bytes",
            "Give a folder with a shorter path",
        )


def check_ports(config: Config) -> None:
    """SIP ports of all workers (UDP, TCP) and the office's port are free."""
    kinds = [("udp", socket.SOCK_DGRAM)] + ([("tcp", socket.SOCK_STREAM)] if config.sip.tcp else [])
    for part in parts_of(config):
        if part.kind in ("worker", "outbound"):
            for name, kind in kinds:
                _bindable(config, "sip.bind", config.sip.bind, config.sip.port + part.index, name, kind)
    _bindable(config, "office.bind", config.office.bind, config.office.port, "tcp", socket.SOCK_STREAM)


def _bindable(config: Config, key: str, address: str, port: int, name: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            problem = f"{name.upper()} {address}:{port} can't be used ({error.strerror})"
            section = key.split(".")[0]
            raise ConfigError(
                config.source,
                f"{section}.port" if error.errno == errno.EADDRINUSE else key,
                problem,
                f"Set another [{section}] address or port, or stop the program that uses it",
            ) from error
