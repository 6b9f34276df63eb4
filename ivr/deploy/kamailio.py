"""Kamailio's configuration from ours: one text for its routes, one list of workers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.config import Config
from ivr.deploy.texts import rendered
from ivr.errors import ConfigError
from ivr.telephony.access import AccessList

CONFIG_NAME: Final = "kamailio.cfg"
LIST_NAME: Final = "dispatcher.list"
LONGEST_CALL_S: Final = 12 * 3600
_EVERYWHERE: Final = ("0.0.0.0", "::")
PROBE_S: Final = 5
_RUN_DIR: Final = Path("/run/kamailio")


@dataclass(frozen=True, slots=True)
class Destination:
    """One worker: where it listens, its name, and how many callers it takes."""

    host: str
    port: int
    name: str
    callers: int

    def line(self) -> str:
        """As Kamailio's dispatcher reads it: set, address, flags, priority, attributes."""
        return f"1 sip:{_bracketed(self.host)}:{self.port};transport=udp 0 0 duid={self.name};maxload={self.callers}"


def destinations(nodes: Sequence[Config]) -> list[Destination]:
    """Every callers' worker of every line machine."""
    return [
        Destination(host_of(node), node.sip.port + index, f"{node.line.node}-{index}", node.workers.callers_per_worker)
        for node in nodes
        for index in range(node.workers.count)
    ]


def host_of(node: Config) -> str:
    """The address at which the proxy reaches a line machine: its own, not the one that peers outside are told."""
    return node.sip.bind if node.sip.bind not in _EVERYWHERE else node.sip.public_address


def render(
    proxy: Config, nodes: Sequence[Config], folder: Path, *, run_dir: Path = _RUN_DIR, probe_s: int = PROBE_S
) -> dict[str, str]:
    """Texts by file name, to be put into ``folder``; ``probe_s``: seconds between two questions to a worker.

    Raises:
        ConfigError: no proxy is set, a node could not be reached through it, or two of them are the same.
    """
    _check(proxy, nodes)
    section = proxy.proxy
    workers = destinations(nodes)
    shown = f" advertise {_bracketed(section.public_address)}" if section.public_address else ""
    host = _bracketed(section.bind)
    listens = [f"{kind}:{host}:{section.port}{shown and f'{shown}:{section.port}'}" for kind in ("udp", "tcp")]
    if section.refused_port:
        listens.append(f"tcp:127.0.0.1:{section.refused_port}")
    if section.tls_port:
        listens.append(f"tls:{host}:{section.tls_port}{shown and f'{shown}:{section.tls_port}'}")
    values: dict[str, object] = {
        "nodes": [node.line.node for node in nodes],
        "listens": listens,
        "from_host": _bracketed(section.public_address or section.bind),
        "tls": {"certificate": section.tls_certificate, "key": section.tls_key_file, "ca": section.tls_ca_file}
        if section.tls_port
        else None,
        "trunk_test": _source_test(section.trunks),
        "worker_test": _source_test(sorted({host_of(node) for node in nodes})),
        "stranger_requests": section.stranger_requests,
        "refused_port": section.refused_port,
        "retry_after_s": section.retry_after_s,
        "hash_size": max(4, min(14, (sum(worker.callers for worker in workers) // 4).bit_length())),
        "longest_call_s": LONGEST_CALL_S,
        "list_file": folder / LIST_NAME,
        "run_dir": run_dir,
        "probe_s": probe_s,
    }
    text = rendered(CONFIG_NAME, values)
    listing = "\n".join(["# set address flags priority attributes", *(worker.line() for worker in workers)])
    return {CONFIG_NAME: text, LIST_NAME: f"{listing}\n"}


def _check(proxy: Config, nodes: Sequence[Config]) -> None:
    section = proxy.proxy

    def refuse(config: Config, key: str, problem: str, remedy: str) -> None:
        raise ConfigError(config.source, key, problem, remedy)

    if not section.bind:
        refuse(proxy, "proxy.bind", "is empty", "Give the address that the trunk calls")
    if not section.trunks:
        refuse(proxy, "proxy.trunks", "is empty: nobody could call", 'Give the trunk\'s addresses, ["192.0.2.1"]')
    if section.tls_port and not (section.tls_certificate and section.tls_key_file):
        refuse(proxy, "proxy.tls_certificate", "or tls_key_file is not set beside tls_port", "Name both PEM files")
    _address(proxy, "proxy.bind", section.bind)
    seen: dict[str, Config] = {}
    for node in nodes:
        host = host_of(node)
        _address(node, "sip.public_address" if node.sip.bind in _EVERYWHERE else "sip.bind", host)
        ports = range(node.sip.port, node.sip.port + node.workers.count)
        if not node.sip.port:
            refuse(node, "sip.port", "is 0: the workers' ports would not be known", "Set a port")
        if host == section.bind and ({section.port, section.tls_port} & set(ports)):
            problem = f"workers {ports[0]}-{ports[-1]} stand on the proxy's port"
            refuse(node, "sip.port", problem, "Set [sip] port to a higher one, 5071 for example")
        if node.sip.registrar:
            refuse(node, "sip.registrar", "would bring calls past the proxy", "Let the trunk send calls to the proxy")
        if not AccessList(node.sip.trunks).allows(section.bind):
            problem = f"does not admit the proxy, {section.bind}"
            refuse(node, "sip.trunks", problem, f'Put "{section.bind}" into it')
        if node.line.node in seen:
            problem = f"{node.line.node!r} is the name of {seen[node.line.node].source} too"
            refuse(node, "line.node", problem, "Give each machine a name of its own")
        seen[node.line.node] = node


def _address(config: Config, key: str, value: str) -> None:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        address = None
    if address is None or address.is_unspecified:
        problem = f"{value!r} is no address that a call can be sent to"
        raise ConfigError(config.source, key, problem, "Give the machine's own address as numbers")


def _source_test(networks: Sequence[str]) -> str:
    """A condition in Kamailio's language: the request's source lies in one of ``networks``."""
    return " || ".join(f'is_in_subnet("$si", "{ipaddress.ip_network(network, strict=False)}")' for network in networks)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
