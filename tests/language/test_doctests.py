"""The examples in the language rules' docstrings, and in their page of the documents, are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import ivr.language
from ivr.paths import project_file

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(ivr.language.__path__, "ivr.language.") if not module.ispkg
)


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert not result.failed
    assert result.attempted


def test_examples_of_the_page() -> None:
    result = doctest.testfile(str(project_file("docs", "language.md")), module_relative=False, encoding="utf-8")
    assert not result.failed
    assert result.attempted > 10
