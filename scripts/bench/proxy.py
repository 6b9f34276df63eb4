"""Kamailio with our configuration before workers that answer at once: what it adds, and how soon it refuses.

    python -m scripts.bench.proxy                    # delays of admitted and of refused calls
    python -m scripts.bench.proxy --slots            # and after which time a lost slot comes back (2 minutes)
    python -m scripts.bench.proxy --workers 40 --json

Workers and callers are sockets in this process: the delays hold the proxy and Python's own, not a line's. Ends with 1
when a caller was neither admitted nor refused with 503 and Retry-After, or a slot stayed taken. Needs kamailio.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from rich.progress import track

from tests.deploy.sip_peers import Caller, Message, Worker, workers
from tests.deploy.test_kamailio import Kamailio, node, self_signed, started

SLOT_LIMIT_S = 150.0


def timed(caller: Caller) -> tuple[Message, float]:
    """The final answer to an INVITE, and the milliseconds until it came."""
    began = time.perf_counter()
    answer = caller.dial()
    return answer, (time.perf_counter() - began) * 1000


def figures(values: list[float]) -> dict[str, float]:
    """Milliseconds: median, 99th percentile, worst."""
    ordered = sorted(values)
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) for name, share in at.items()}


def loads(proxy: Kamailio) -> int:
    return sum(load for _, load in proxy.listed().values())


def lost_slots(proxy: Kamailio, made: list[Worker]) -> dict[str, float]:
    """Seconds until the slot of a call is free whose worker died, and of one that was never confirmed."""
    found = {}
    for name in ("worker died", "never confirmed"):
        caller = Caller(proxy.address)
        if name == "worker died":
            caller.dial()
            for worker in made:
                if caller.call in worker.invites:
                    worker.forget(caller.call)
        else:
            caller.ring()
        began = time.monotonic()
        while loads(proxy) and time.monotonic() - began < SLOT_LIMIT_S:
            time.sleep(0.2)
        found[name] = round(time.monotonic() - began, 1)
    return found


def run(count: int, calls: int, *, slots: bool) -> dict[str, object]:
    """Everything, with ``count`` workers of one caller each."""
    with tempfile.TemporaryDirectory(prefix="ivr-proxy-") as name, workers(count) as made:
        folder = Path(name)
        nodes = [node(folder, f"line-{n}", worker.host, worker.port) for n, worker in enumerate(made)]
        process, port, _ = started(folder, nodes, *self_signed(folder))
        proxy = Kamailio(("127.0.0.1", port), folder)
        try:
            admitted, refused, other = [], [], 0
            for _ in track(range(calls), description="admitted", transient=True):
                caller = Caller(proxy.address)
                answer, took = timed(caller)
                admitted.append(took)
                other += answer.status != 200
                caller.hang_up()
                caller.close()
            held = [Caller(proxy.address) for _ in range(count)]
            for caller in held:
                other += caller.dial().status != 200
            for _ in track(range(calls), description="refused", transient=True):
                caller = Caller(proxy.address)
                answer, took = timed(caller)
                refused.append(took)
                other += answer.status != 503 or not answer.all("Retry-After")
                caller.close()
            for caller in held:
                caller.hang_up()
            report: dict[str, object] = {
                "workers": count,
                "calls": calls,
                "admitted_ms": figures(admitted),
                "refused_ms": figures(refused),
                "wrong": other,
                "slots_left": loads(proxy),
            }
            if slots:
                report["lost_slot_free_after_s"] = lost_slots(proxy, made)
                report["slots_left"] = loads(proxy)
        finally:
            process.terminate()
            process.wait(30)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--workers", type=int, default=5)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--slots", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = run(arguments.workers, arguments.calls, slots=arguments.slots)
    if arguments.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name}: {value}")
    return 1 if report["wrong"] or report["slots_left"] else 0


if __name__ == "__main__":
    sys.exit(main())
