"""Sockets between the parts of one line."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.private_socket import private_socket


@pytest.fixture(autouse=True)
def _careless_umask() -> Iterator[None]:
    previous = os.umask(0)
    yield
    os.umask(previous)


def test_it_is_the_users_alone_from_the_first_moment(tmp_path: Path) -> None:
    with private_socket(tmp_path / "new" / "a.sock"):
        assert (tmp_path / "new" / "a.sock").stat().st_mode & 0o777 == 0o600
    (tmp_path / "file").touch()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666, "other files are made as before"


def test_one_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with private_socket(path) as fallen:
        fallen.listen()
    with private_socket(path) as sock, socket.socket(socket.AF_UNIX) as client:
        sock.listen()
        client.connect(str(path))


def test_a_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        private_socket(tmp_path / ("a" * 200))
    (tmp_path / "file").touch()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o666
