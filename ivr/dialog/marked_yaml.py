"""YAML whose every value knows its line, so that a refusal can point at it.

``yaml.safe_load`` forgets lines and lets a later key overwrite an earlier one
in silence; both matter to people who edit plans by hand. Here the node tree is
composed first, checked for double keys, then constructed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)
Key = str | int
Path = tuple[Key, ...]

# What an alias stands for is counted each time: nine lines of aliases can stand for a thousand million values.
_MOST_VALUES = 100_000


class YamlFault(Exception):
    """Text that is no usable YAML; ``line`` is 1-based. Turned into the caller's own error, never shown as it is."""

    def __init__(self, line: int, problem: str, remedy: str) -> None:
        self.line, self.problem, self.remedy = line, problem, remedy
        super().__init__(problem)


@dataclass(frozen=True)
class Marked:
    """Parsed data and the line of each path in it."""

    data: object
    lines: dict[Path, int]

    def line(self, path: Iterable[Key]) -> int:
        """Line of ``path``, or of its nearest parent that exists in the file.

        Parts that the file does not have (pydantic names the kind of a union
        inside its paths) are skipped.
        """
        best: tuple[int, Path] = (-1, ())
        known: set[Path] = {()}
        for index, part in enumerate(path):
            found = {(*parent, part) for parent in known if (*parent, part) in self.lines}
            if found:
                best = (index, max(found, key=len))
            known |= found
        return self.lines.get(best[1], 1)

    def first(self, error: ValidationError) -> ErrorDetails:
        """The fault on the lowest line; what only follows from a fault inside it does not count."""
        faults = error.errors()
        paths = [fault["loc"] for fault in faults]
        own = [
            fault
            for fault in faults
            if not any(len(path) > len(fault["loc"]) and path[: len(fault["loc"])] == fault["loc"] for path in paths)
        ]
        return min(own, key=lambda fault: self.line(fault["loc"]))


def read_as(
    model: type[M],
    text: str,
    file: str,
    error: Callable[[str, int, str, str], Exception],
    refused: Callable[[str, Marked, ValidationError], Exception],
) -> tuple[M, Marked]:
    """A document as ``model``, and its lines.

    ``file`` is for messages; ``error`` makes the caller's own of file, line, problem and remedy, ``refused`` of what
    the model says. Raises what they make.
    """
    try:
        marked = parse(text)
    except YamlFault as fault:
        raise error(file, fault.line, fault.problem, fault.remedy) from fault
    try:
        return model.model_validate(marked.data), marked
    except ValidationError as fault:
        raise refused(file, marked, fault) from fault


def parse(text: str) -> Marked:
    """Parse one YAML document.

    Raises:
        YamlFault: syntax, a key given twice, a key that is no text, an empty document, a value that does not
            exist (30 February), or more values, or deeper ones, than any plan has.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                raise YamlFault(1, "the file is empty", "Write the content or restore the file")
            lines: dict[Path, int] = {}
            _mark(root, (), lines, frozenset())
            return Marked(loader.construct_document(root), lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "can't be read"
        raise YamlFault(mark.line + 1 if mark else 1, f"is not valid YAML ({problem})", "Correct that line") from error
    except yaml.YAMLError as error:
        raise YamlFault(1, f"is not valid YAML ({error})", "Save the file as UTF-8 text") from error
    except RecursionError as error:
        raise YamlFault(1, "has values inside values without end", "Write it flat") from error


class _Loader(yaml.SafeLoader):
    """Names the line of a value that does not exist, such as 30 February."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            raise YamlFault(node.start_mark.line + 1, f"a value can't be read ({error})", "Correct it") from error


def _mark(node: yaml.Node, path: Path, lines: dict[Path, int], above: frozenset[int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(lines) > _MOST_VALUES:
        raise YamlFault(
            node.start_mark.line + 1, "has too many values", "Write what repeats only once, without aliases"
        )
    if id(node) in above:
        raise YamlFault(node.start_mark.line + 1, "an alias points at what contains it", "Write the value out")
    above |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _mark(child, (*path, index), lines, above)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            name = key.value
            if not isinstance(key, yaml.ScalarNode) or not isinstance(name, str):
                raise YamlFault(line, "a key must be one word", "Write the key as plain text")
            if name in seen:
                raise YamlFault(
                    line, f"{name!r} is given twice, first on line {seen[name]}", "Keep one of them or rename the other"
                )
            seen[name] = line
            lines[(*path, name)] = line
            _mark(child, (*path, name), lines, above)
