"""The error tree. Errors carry fields; the message is derived from them.

::

    IvrError
    ├── ConfigError          file, key, problem, remedy: configuration refused at start
    ├── PlanError            file, line, problem, remedy: a dial plan refused at load
    ├── PromptError          file, prompt, problem, remedy: a prompt's text or sound
    ├── ScenarioError        file, line, problem: a simulator scenario refused at load
    ├── KnowledgeError       file, line, problem, remedy: a knowledge pack or a page of questions refused
    ├── ClipError            file, clip, problem, remedy: sound that the simulator's people speak
    ├── TelephonyError       operation, problem, remedy
    │   ├── PortTaken        address, port, transport
    │   └── NoFreeLeg        in_use, max_legs
    ├── SpeechError          engine, problem, remedy
    │   ├── ModelError       path, problem, remedy: a model is missing, damaged or foreign
    │   ├── UnknownWords     words: a grammar has words that the lexicon lacks
    │   ├── ManifestError    file, faults: lines of an evaluation's manifest that can't be used
    │   ├── AudioError       problem: wrong rate, channels or no audio at all
    │   └── SpeechUnavailable  the ears or the voice are away
    ├── AnswersUnavailable   problem, remedy: the packs' process does not answer
    ├── DeliveryError        channel, problem, remedy: an answer could not be sent to a caller
    ├── SamplingError        problem, remedy: a draw of recordings that can't be made as asked
    ├── StoreError           path, problem, remedy
    ├── NodeRefused          node, problem, remedy: what a line node delivers can't be taken
    ├── BackupError          path, problem, remedy: a backup that can't be made or put back
    ├── RegistryAway         operation, problem: the registry of people can't be asked now
    ├── RecordingError       path, problem
    ├── VaultError           name, problem, remedy: a kept recording or its key
    ├── OfficeError          problem, remedy: an account or an employee that can't be as asked
    └── PartFailed           part, problem, remedy: a process of the line didn't start

Every message says what is wrong, where, and what to do about it, in one sentence
or two; the fields are for programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class IvrError(Exception):
    """Root of all errors that this package raises on purpose."""


class ConfigError(IvrError):
    """The configuration can't be used; the line does not start."""

    def __init__(self, file: Path | str, key: str, problem: str, remedy: str) -> None:
        self.file, self.key, self.problem, self.remedy = str(file), key, problem, remedy
        where = f"{self.file}: {key}" if key else self.file
        super().__init__(f"{where}: {problem}. {remedy}")


class PlanError(IvrError):
    """A dial plan is refused; ``line`` is 1-based, 0 when the fault has no line."""

    def __init__(self, file: Path | str, line: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = str(file), line, problem, remedy
        where = f"{self.file}:{line}" if line else self.file
        super().__init__(f"{where}: {problem}. {remedy}")


class PromptError(IvrError):
    """A prompt has no text, can't be read, or can't be turned into sound."""

    def __init__(self, file: Path | str, prompt: str, problem: str, remedy: str) -> None:
        self.file, self.prompt, self.problem, self.remedy = str(file), prompt, problem, remedy
        where = f"{self.file}: {prompt}" if prompt else self.file
        super().__init__(f"{where}: {problem}. {remedy}")


class KnowledgeError(IvrError):
    """A knowledge pack or a page of questions is refused; ``line`` is 1-based, 0 when the fault has no line."""

    def __init__(self, file: Path | str, line: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = str(file), line, problem, remedy
        where = f"{self.file}:{line}" if line else self.file
        super().__init__(f"{where}: {problem}. {remedy}")


class ScenarioError(IvrError):
    """A simulator scenario is refused; ``line`` is 1-based, 0 when unknown."""

    def __init__(self, file: Path | str, line: int, problem: str) -> None:
        self.file, self.line, self.problem = str(file), line, problem
        where = f"{self.file}:{line}" if line else self.file
        super().__init__(f"{where}: {problem}")


class ClipError(IvrError):
    """A clip of the simulator's people is missing, damaged or not the one that the manifest names."""

    def __init__(self, file: Path | str, clip: str, problem: str, remedy: str) -> None:
        self.file, self.clip, self.problem, self.remedy = str(file), clip, problem, remedy
        where = f"{self.file}: {clip}" if clip else self.file
        super().__init__(f"{where}: {problem}. {remedy}")


class TelephonyError(IvrError):
    """SIP or media can't do what was asked."""

    def __init__(self, operation: str, problem: str, remedy: str) -> None:
        self.operation, self.problem, self.remedy = operation, problem, remedy
        super().__init__(f"{operation}: {problem}. {remedy}")


class PortTaken(TelephonyError):
    """The SIP port is in use by another program."""

    def __init__(self, address: str, port: int, transport: str) -> None:
        self.address, self.port, self.transport = address, port, transport
        super().__init__(
            "sip.port",
            f"{transport.upper()} port {port} on {address} is already in use",
            "Stop the other program or set another [sip] port",
        )


class NoFreeLeg(TelephonyError):
    """Every call leg of this worker is taken or reserved."""

    def __init__(self, in_use: int, max_legs: int) -> None:
        self.in_use, self.max_legs = in_use, max_legs
        super().__init__("dial", f"{in_use} of {max_legs} call legs are in use or reserved", "Try again later")


class SpeechError(IvrError):
    """A recogniser or synthesiser can't do what was asked."""

    def __init__(self, engine: str, problem: str, remedy: str) -> None:
        self.engine, self.problem, self.remedy = engine, problem, remedy
        super().__init__(f"{engine}: {problem}. {remedy}")


class ModelError(SpeechError):
    """A model is missing, damaged or not the one that the manifest names."""

    def __init__(self, engine: str, path: Path | str, problem: str, remedy: str) -> None:
        self.path = str(path)
        super().__init__(engine, f"{path}: {problem}", remedy)


class UnknownWords(SpeechError):
    """A grammar holds words that the recogniser's lexicon does not have."""

    def __init__(self, engine: str, words: Sequence[str]) -> None:
        self.words = tuple(words)
        super().__init__(
            engine,
            "words missing in the lexicon: " + ", ".join(self.words),
            "Reword the grammar or rebuild the model with these words",
        )


class ManifestError(SpeechError):
    """A manifest of sound files can't be used; ``faults`` are pairs of line number (0: the file) and problem."""

    def __init__(self, file: Path | str, faults: Sequence[tuple[int, str]]) -> None:
        self.file, self.faults = str(file), tuple(faults)
        lines: dict[str, list[int]] = {}
        for number, problem in self.faults:
            lines.setdefault(problem, []).append(number)
        said = "; ".join(f"{_lines(numbers)}{problem}" for problem, numbers in lines.items())
        super().__init__(self.file, said, "Correct the manifest; nothing was measured")


def _lines(numbers: Sequence[int]) -> str:
    """``line 3: ``, ``lines 3, 4: ``; nothing for a fault of the whole file."""
    if not all(numbers):
        return ""
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}: "


class AudioError(SpeechError):
    """Sound that can't be used: wrong rate, channels, width, or not sound at all."""

    def __init__(self, problem: str, remedy: str = "Give 16-bit mono PCM at 8000 Hz") -> None:
        super().__init__("audio", problem, remedy)


class SpeechUnavailable(SpeechError):
    """Ears or voice do not answer; they are being started again."""

    def __init__(self, problem: str) -> None:
        super().__init__("speech", problem, "The supervisor starts it again; keys still work")


class AnswersUnavailable(IvrError):
    """The process that knows the answers does not answer; it is being started again."""

    def __init__(self, problem: str) -> None:
        self.problem, self.remedy = problem, "The supervisor starts it again; callers are offered a person or a message"
        super().__init__(f"answers: {problem}. {self.remedy}")


class DeliveryError(IvrError):
    """A mail server or a message gateway did not take what was to be sent. Never names the receiver."""

    def __init__(self, channel: str, problem: str, remedy: str) -> None:
        self.channel, self.problem, self.remedy = channel, problem, remedy
        super().__init__(f"{channel}: {problem}. {remedy}")


class SamplingError(IvrError):
    """A draw of recordings can't be made as asked."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}. {remedy}")


class StoreError(IvrError):
    """The database can't be opened, migrated, read or written."""

    def __init__(self, path: Path | str, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = str(path), problem, remedy
        super().__init__(f"{path}: {problem}. {remedy}")


class NodeRefused(IvrError):
    """What a line node delivers to its office can't be taken; the node keeps it."""

    def __init__(self, node: str, problem: str, remedy: str) -> None:
        self.node, self.problem, self.remedy = node, problem, remedy
        super().__init__(f"{node}: {problem}. {remedy}")


class BackupError(IvrError):
    """A backup can't be made, or an archive can't be put back; nothing was changed then."""

    def __init__(self, path: Path | str, problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = str(path), problem, remedy
        super().__init__(f"{path}: {problem}. {remedy}")


class RegistryAway(IvrError):
    """The registry of people does not answer, or answers what it must not; nothing is given to anybody meanwhile."""

    def __init__(self, operation: str, problem: str) -> None:
        self.operation, self.problem = operation, problem
        super().__init__(f"registry, {operation}: {problem}. Callers are offered a person until it is back")


class RecordingError(IvrError):
    """A recording can't be written, finished or recovered."""

    def __init__(self, path: Path | str, problem: str) -> None:
        self.path, self.problem = str(path), problem
        super().__init__(f"{path}: {problem}")


class VaultError(IvrError):
    """A kept recording or its key can't be used; ``name`` is the recording or the file."""

    def __init__(self, name: Path | str, problem: str, remedy: str) -> None:
        self.name, self.problem, self.remedy = str(name), problem, remedy
        super().__init__(f"{self.name}: {problem}. {remedy}")


class OfficeError(IvrError):
    """Something about accounts or employees that can't be as asked."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}. {remedy}")


class PartFailed(IvrError):
    """A process of the line did not start or keeps falling over."""

    def __init__(self, part: str, problem: str, remedy: str) -> None:
        self.part, self.problem, self.remedy = part, problem, remedy
        super().__init__(f"{part}: {problem}. {remedy}")
