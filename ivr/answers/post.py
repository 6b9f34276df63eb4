"""The port ``Messenger``: answers go to callers by the ways that the configuration names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from ivr.answers.letters import letter, short_message, subject
from ivr.answers.sms import Gateway
from ivr.answers.smtp import MailServer
from ivr.config import Config
from ivr.dialog.ports import Channel, SpokenAnswer
from ivr.errors import DeliveryError
from ivr.privacy import Pii

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Post:
    """``sms`` and ``mail``: None where there is no such way."""

    sms: Gateway | None = None
    mail: MailServer | None = None

    @property
    def channels(self) -> Collection[Channel]:
        ways: dict[Channel, object | None] = {"sms": self.sms, "email": self.mail}
        return tuple(name for name, way in ways.items() if way is not None)

    def send(self, channel: Channel, to: Pii, answer: SpokenAnswer) -> bool:
        """Whether the answer was taken for delivery; why not is in the log, never to whom."""
        try:
            if channel == "sms" and self.sms is not None:
                self.sms.send(to, short_message(answer))
            elif channel == "email" and self.mail is not None:
                self.mail.send(to, subject(answer), letter(answer))
            else:
                raise DeliveryError(channel, "is not set up", "See [sending]")
        except DeliveryError as error:
            log.warning("answer.not_sent", channel=channel, answer=answer.id, problem=error.problem)
            return False
        log.info("answer.sent", channel=channel, answer=answer.id, pii_to=to.tail())
        return True


def post_of(config: Config) -> Post:
    """What the configuration names. Raises ConfigError when a password's file can't be read."""
    sending = config.sending
    sms = mail = None
    if sending.sms_url:
        sms = Gateway(sending.sms_url, config.secret("sending", "sms_token"), sending.timeout_s)
    if sending.smtp_host:
        password = config.secret("sending", "smtp_password")
        mail = MailServer(
            sending.smtp_host,
            sending.smtp_port,
            sending.mail_from,
            sending.smtp_tls,
            sending.smtp_username,
            password,
            sending.timeout_s,
        )
    return Post(sms, mail)
