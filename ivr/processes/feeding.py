"""The journal's way to MQTT: to the office's broker, or to one of the line's own."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from ivr.config import Config
from ivr.delivery.broker import Broker, tls_context
from ivr.errors import OfficeError
from ivr.office.broker import credentials, serve_broker
from ivr.office.feed import Cursor, Feed
from ivr.store.database import StoreDatabase

log = structlog.get_logger(__name__)


def broker_of(config: Config) -> Broker:
    """The broker that ``mqtt.host`` names. Raises ConfigError: password or ``ca_file`` can't be read."""
    mqtt = config.mqtt
    tls = tls_context(config.source, "mqtt.ca_file", mqtt.ca_file) if mqtt.tls else None
    return Broker(mqtt.host, mqtt.port, mqtt.username, config.secret("mqtt", "password"), tls)


async def publish(config: Config, database: StoreDatabase) -> None:
    """Publish until cancelled.

    A broker of our own that can't be served is said so and done without: another program on its port must not be
    told of calls.
    """
    mqtt = config.mqtt
    if mqtt.host:
        await _feed(config, database, broker_of(config)).run()
        return
    ready = asyncio.Event()
    serving = asyncio.create_task(serve_broker(config.broker_dir, mqtt.port, ready.set))
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(ready.wait()), serving]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        own = Broker("127.0.0.1", mqtt.port, "line", credentials(config.broker_dir)["line"])
        feeding = asyncio.create_task(_feed(config, database, own).run())
        tasks.insert(0, feeding)
        ended, _ = await asyncio.wait({feeding, serving}, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    except (OfficeError, OSError) as error:
        log.error("no_broker", error=str(error))
        await asyncio.Event().wait()
    finally:
        for task in tasks:  # the feed first: it takes its leave of a broker that is still there
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _feed(config: Config, database: StoreDatabase, broker: Broker) -> Feed:
    return Feed(config.line.node, database, Cursor(config.line.data_dir / "mqtt-cursor.json"), broker)
