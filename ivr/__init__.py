"""The 1883 line: a telephone voice assistant in Lithuanian.

The rooms of this package, and which may import which, are described in
``docs/architecture.md`` and held by import-linter.
"""

__version__ = "0.1.0"
