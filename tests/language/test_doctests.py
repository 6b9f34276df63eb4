"""The examples in the language rules' docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import ivr.language

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(ivr.language.__path__, "ivr.language.") if not module.ispkg
)


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert not result.failed
    assert result.attempted
