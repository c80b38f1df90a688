"""Mail: the alert in both languages, handed to a relay over SMTP with STARTTLS; without it nothing is sent.

`smtplib` blocks, so it runs in a thread. Headers are of closed sets and ASCII: nothing can be smuggled into one.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from konbini.ward_server.alerts.alert import Alert
from konbini.ward_server.alerts.receivers import NotTold

__all__ = ["Mail", "MailLogin"]

_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLogin:
    """How the relay knows the sender."""

    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A `Receiver`.

    Attributes:
        name: of the receiver.
        host: of the relay; its certificate carries this name.
        port: of the relay.
        sender: in From.
        receivers: in To; all of them or none has it.
        tls: the authority that is believed of the relay.
        login: where the relay asks for one.
    """

    name: str
    host: str
    port: int
    sender: str
    receivers: tuple[str, ...]
    tls: ssl.SSLContext
    login: MailLogin | None

    async def tell(self, alert: Alert) -> None:
        """Hand it to the relay."""
        try:
            await asyncio.to_thread(self._send, self.message(alert))
        except (smtplib.SMTPException, OSError) as fault:  # its words quote what the relay said
            raise NotTold(type(fault).__name__) from fault

    def message(self, alert: Alert) -> EmailMessage:
        """Write the mail."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = self.sender, ", ".join(self.receivers)
        message["Subject"] = alert.title
        message["Date"] = format_datetime(datetime.fromisoformat(alert.at))
        message["Message-ID"] = f"<{alert.name}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        japanese, english = alert.words
        lines = (
            japanese,
            english,
            "",
            f"kind: {alert.kind.name}",
            f"kiosk: {alert.kiosk or '-'}",
            f"code: {alert.code_name if alert.code else '-'}",
            f"at: {alert.at}",
            f"log entry: {alert.position}",
            f"runbook: docs/runbooks/{alert.kind.runbook}",
            "",
        )
        message.set_content("\n".join(lines))
        return message

    def _send(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self.host, self.port, timeout=_SECONDS) as relay:
            relay.starttls(context=self.tls)
            relay.ehlo()
            if self.login is not None:
                relay.login(self.login.user, self.login.password)
            if relay.send_message(message, self.sender, list(self.receivers)):
                raise NotTold("some_refused")
