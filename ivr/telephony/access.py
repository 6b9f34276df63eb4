"""Who may call: addresses and networks of the trunk. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def host_of(source: str) -> str:
    """Address out of ``address:port``, ``[address]:port`` or a bare address."""
    if source.startswith("["):
        return source[1:].partition("]")[0]
    return source.partition(":")[0] if source.count(":") == 1 else source


class AccessList:
    """Networks whose INVITEs are admitted; everyone else gets 403.

    Media and signalling of strangers also belong behind a firewall: this list
    keeps them from taking a leg, not from sending datagrams.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(item, strict=False) for item in networks)

    def allows(self, source: str) -> bool:
        """True if ``source`` (``address:port``) lies in one of the networks; anything unreadable is refused."""
        try:
            address = ipaddress.ip_address(host_of(source))
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address.version == network.version and address in network for network in self._networks)
