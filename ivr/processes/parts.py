"""The list of parts that a configuration asks for, and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.config import Config


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the line. ``kind``: ears, voice, answers, worker, outbound or office; ``index`` counts workers."""

    name: str
    kind: str
    index: int = 0

    def command(self, config_path: Path | None) -> list[str]:
        """Arguments that start this part with the same interpreter and configuration."""
        arguments = [sys.executable, "-m", "ivr", "part", self.name]
        if config_path is not None:
            arguments += ["--config", str(config_path)]
        return arguments


def parts_of(config: Config) -> Iterator[Part]:
    """Ears, voice and answers first, since calls need them; callers' workers next; the office last.

    Without workers there are no calls, and the office is alone.
    """
    if config.workers.count:
        yield Part("ears", "ears")
        yield Part("voice", "voice")
        if config.answers.enabled:
            yield Part("answers", "answers")
    for index in range(config.workers.count):
        yield Part(f"worker-{index}", "worker", index)
    for index in range(config.workers.outbound):
        yield Part(f"outbound-{index}", "outbound", config.workers.count + index)
    yield Part("office", "office")


def part_named(config: Config, name: str) -> Part:
    """The part of that name; KeyError when the configuration has none."""
    return {part.name: part for part in parts_of(config)}[name]
