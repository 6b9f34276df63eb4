"""The journal's way to MQTT: to the office's broker, or to one of the line's own."""

from __future__ import annotations

import asyncio

import structlog

from ivr.config import Config
from ivr.errors import OfficeError
from ivr.office.broker import credentials, serve_broker
from ivr.office.feed import Cursor, Feed
from ivr.privacy import Secret
from ivr.store.alarms import Alarms
from ivr.store.database import StoreDatabase
from ivr.store.journal import Journal

log = structlog.get_logger(__name__)


async def publish(config: Config, database: StoreDatabase) -> None:
    """Publish until cancelled.

    A broker of our own that can't be served is said so and done without: another program on its port must not be
    told of calls.
    """
    mqtt = config.mqtt
    if mqtt.host:
        await _feed(config, database, mqtt.host, mqtt.username, config.secret("mqtt", "password")).run()
        return
    ready = asyncio.Event()
    serving = asyncio.create_task(serve_broker(config.broker_dir, mqtt.port, ready.set))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        password = credentials(config.broker_dir)["line"]
        await asyncio.gather(serving, _feed(config, database, "127.0.0.1", "line", password).run())
    except (OfficeError, OSError) as error:
        log.error("no_broker", error=str(error))
        await asyncio.Event().wait()
    finally:
        waiting.cancel()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def _feed(config: Config, database: StoreDatabase, host: str, username: str, password: Secret) -> Feed:
    return Feed(
        config.line.node,
        Journal(database),
        Alarms(database),
        Cursor(config.line.data_dir / "mqtt-cursor.json"),
        host,
        config.mqtt.port,
        tls=config.mqtt.tls and bool(config.mqtt.host),
        username=username,
        password=password,
    )
