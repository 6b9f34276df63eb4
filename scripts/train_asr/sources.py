"""Brings LIEPA's Sphinx model (BSD-2-Clause, Vilnius University) to this machine, checked by SHA-256.

It is a public repository's folder at one commit. Kokoro's packages are fetched with
``pip`` and ``npm``; README.md has the commands.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

ADDRESS: Final = (
    "https://raw.githubusercontent.com/liepa-project/liepa_sphinx_naudojimas/7165b634bbfe7243f66d407714611af19d7970b3/"
)
MODEL: Final = "sphinx/liepa_akustinis_modelis/bendrinis/"
CHECKSUMS: Final = {
    "LICENSE": "80378165d5cc08adfa6ed8dff2e61ac104aa8d1e062d938dad5bac1056008b7c",
    "mdef": "91819d5e03348e4904a651f3759f61c64ecd2ff5e06d6694881d8f804076d8a6",
    "means": "ad2ad23c9878c59d7959755ac1cc90350fa2c7547b6e9ebbf6bbc1e317812035",
    "mixture_weights": "8c4bee9c48bf9e30a8b39f1c9bac4313887a270089e1652d24fbc9786c864afe",
    "transition_matrices": "b90cbbcae99ae46f2fcfff286ee71e0b8db0e1c2a105a0909aaed12b89e5e770",
    "variances": "3b600483841e10d3a3717dfcf25662cb4a75e61d342a6fecc4e26759e310344b",
}


def fetch_liepa(folder: Path, address: str = ADDRESS) -> None:
    """Fetch what ``folder`` lacks. Raises SystemExit when a file can't be had or is another than it should be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, expected in CHECKSUMS.items():
        path = folder / name
        if not path.is_file():
            path.write_bytes(_get(address + (name if name == "LICENSE" else MODEL + name)))
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise SystemExit(f"{path}: has another checksum than it should; delete it and start again")
        print(f"sources: {name} is there and whole", flush=True)


def _get(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            content: bytes = answer.read()
            return content
    except (urllib.error.URLError, OSError) as error:
        raise SystemExit(f"{address}: {error}; fetch the folder by hand and name it with --liepa") from error
