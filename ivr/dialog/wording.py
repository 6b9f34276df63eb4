"""The same thing in other words: no sentence is said twice in a row (A12.7, A12.20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Wordings:
    """What one call heard so far of the prompts that have several wordings.

    ``of``: the wordings of a prompt by its id, itself first, in the order in which they are said; a prompt
    that is missing has one wording.
    """

    def __init__(self, of: Mapping[str, Sequence[str]]) -> None:
        self._of = of
        self._said: dict[str, int] = {}

    def choose(self, prompt: str) -> str:
        """The wording whose turn it is: the first time the prompt itself, then the others, then from the beginning.

        >>> wordings = Wordings({"hint": ("hint", "hint.again", "hint.calm")})
        >>> [wordings.choose("hint") for _ in range(4)], wordings.choose("ask")
        (['hint', 'hint.again', 'hint.calm', 'hint'], 'ask')
        """
        wordings = self._of.get(prompt)
        if not wordings:
            return prompt
        turn = self._said.get(prompt, 0)
        self._said[prompt] = turn + 1
        return wordings[turn % len(wordings)]
