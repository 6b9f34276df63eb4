"""The texts of the fixed prompts: ``prompts/<language>/*.yaml``, a flat mapping of id to text.

An id that ends in one of :data:`WORDINGS` is another wording of the id before that ending: ``menu.hint.again`` says
what ``menu.hint`` says, in other words, and ``.calm`` says it with more patience. So the same sentence need never be
said twice in a row. A wording is a prompt like any other, with a sound of its own; where the id before the ending does
not exist, such an id is an ordinary one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from ivr.errors import PromptError

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*")
WORDINGS: Final = (".again", ".calm")
"""Endings of ids that say the same in other words, in the order in which they are said."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    file: Path


class PromptBook:
    """All prompts of one language.

    Raises:
        PromptError: a folder or file can't be read, or holds something that is
            not a prompt: empty, twice the same id, not a text.
    """

    def __init__(self, folder: Path, language: str) -> None:
        self.language = language
        self._folder = folder / language
        self._texts: dict[str, _Text] = {}
        files = sorted(self._folder.glob("*.yaml"))
        if not files:
            raise PromptError(
                self._folder, "", "holds no prompt texts (*.yaml)", "Set [line] prompts_dir to the folder of prompts"
            )
        for file in files:
            for prompt, text in _load(file).items():
                self._add(file, prompt, text)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id, in the order of files and lines."""
        return tuple(self._texts)

    @property
    def wordings(self) -> dict[str, tuple[str, ...]]:
        """The ids that have several wordings: each with all of them, itself first, in the order to say them in."""
        several = {prompt: (prompt, *(prompt + end for end in WORDINGS if prompt + end in self)) for prompt in self.ids}
        return {prompt: wordings for prompt, wordings in several.items() if len(wordings) > 1}

    def __contains__(self, prompt: object) -> bool:
        return prompt in self._texts

    def text(self, prompt: str) -> str:
        """The text of a prompt. Raises PromptError for an unknown id and names near ones."""
        return self._entry(prompt).text

    def file(self, prompt: str) -> Path:
        """The file that the prompt comes from. Raises PromptError."""
        return self._entry(prompt).file

    def _entry(self, prompt: str) -> _Text:
        entry = self._texts.get(prompt)
        if entry is None:
            near = difflib.get_close_matches(prompt, self._texts, n=3, cutoff=0.5)
            hint = "; did you mean " + ", ".join(near) if near else ""
            raise PromptError(self._folder, prompt, f"is not a prompt{hint}", "Write its text in a file of this folder")
        return entry

    def _add(self, file: Path, prompt: object, text: object) -> None:
        if not isinstance(prompt, str) or not _ID.fullmatch(prompt):
            raise PromptError(file, str(prompt), "is not an id", "Use lower-case letters, digits, - _ and .")
        if not isinstance(text, str):
            raise PromptError(
                file, prompt, f"is not a text but {type(text).__name__}", 'Put it in quotation marks: id: "text"'
            )
        if not text.strip():
            raise PromptError(file, prompt, "has no text", "Write what the caller shall hear, or remove the id")
        earlier = self._texts.get(prompt)
        if earlier is not None:
            raise PromptError(file, prompt, f"is already in {earlier.file}", "Remove one of the two")
        self._texts[prompt] = _Text(" ".join(text.split()), file)


def other_texts(folder: Path, language: str) -> dict[str, str]:
    """Texts in every language but ``language``; an id is preceded by its language: ``en:greeting``.

    Raises:
        PromptError: as :class:`PromptBook`.
    """
    books = [PromptBook(folder, other) for other in other_languages(folder, language)]
    return {f"{book.language}:{prompt}": book.text(prompt) for book in books for prompt in book.ids}


def other_languages(folder: Path, language: str) -> tuple[str, ...]:
    """Languages that have a folder of texts, but for ``language``."""
    found = (path.name for path in sorted(folder.glob("??")) if any(path.glob("*.yaml")))
    return tuple(name for name in found if name != language)


class _Unique(yaml.SafeLoader):
    """YAML in which a key that comes twice, or a value that does not exist, is a fault."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # 30 February
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one word", key.start_mark)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name} is written twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def _load(file: Path) -> Mapping[object, object]:
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _Unique)  # noqa: S506  (a SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(file, "", f"can't be read ({error})", "Save it as UTF-8 and make it readable") from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise PromptError(file, "", f"is refused{where}: {problem}", 'Write lines of the form id: "text"') from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PromptError(file, "", "is not a list of id: text", 'Write lines of the form id: "text"')
    return content
