"""Staff's full text search."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import StoreError
from ivr.knowledge.pack import load_pack
from ivr.store.search import build_search, search
from tests.knowledge.test_check import TOPIC


@pytest.mark.parametrize("folder", ["paieška", "100%20", "a?b", "a#b", "su tarpu"])
def test_the_file_may_lie_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "knowledge.db"
    path.parent.mkdir()
    with pytest.raises(StoreError, match="does not exist"):
        search(path, "kortelę")
    build_search(path, load_pack({"ministerija/card.yaml": TOPIC}))
    assert search(path, "kortelę")
