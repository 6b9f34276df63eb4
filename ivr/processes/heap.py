"""What glibc's heap would keep for itself, told otherwise. Other C libraries have neither the settings nor the heap."""

from __future__ import annotations

import ctypes
from typing import Final

_M_MMAP_THRESHOLD: Final = -3  # of glibc's malloc.h
_M_ARENA_MAX: Final = -8


def share_one() -> None:
    """One heap for all threads: glibc would give each its own and keep in each what decoding once needed."""
    _set(_M_ARENA_MAX, 1)


def give_back(size: int) -> None:
    """Blocks of so many bytes go back to the system: by itself glibc would come to keep ever larger ones."""
    _set(_M_MMAP_THRESHOLD, size)


def _set(setting: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(setting, value)
