"""Types for personal data: they print as ``•••`` wherever they end up.

``Pii`` wraps what identifies a person (a caller's number, a name); ``Secret``
wraps what proves identity or grants access (an answer, a password). Reading
the value takes an explicit :meth:`Masked.reveal`, which is easy to search for
in a review. Log keys that hold either begin with ``pii_``.
"""

from __future__ import annotations

from typing import Final

MASK: Final = "•••"


class Masked:
    """A string that never prints itself. Equal by type and value, hashable."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; every call is a decision to show personal data."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._value == self._value

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._value))

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"{type(self).__name__}({MASK})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __reduce__(self) -> tuple[type[Masked], tuple[str]]:
        raise TypeError(f"{type(self).__name__} is not pickled: reveal() it where it may be kept")


class Pii(Masked):
    """Identifies a person: caller's number, name, address."""

    def tail(self, visible: int = 3) -> str:
        """The value with all but the last ``visible`` characters masked, for staff's lists."""
        if len(self._value) <= visible:
            return MASK
        return MASK + self._value[-visible:]


class Secret(Masked):
    """Proves identity or grants access: an answer, a password, a key."""
