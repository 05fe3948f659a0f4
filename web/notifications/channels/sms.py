"""短信 as a channel: by the same backend that login codes take."""

from web.accounts import sms
from web.notifications.channels import Outgoing, Rejected


class SmsSender:
    """SMS behind the interface."""

    def is_on(self) -> bool:
        """See Sender."""
        return not isinstance(sms.backend(), sms.NoSms)

    def send(self, outgoing: Outgoing) -> str:
        """See Sender."""
        backend = sms.backend()
        if isinstance(backend, sms.NoSms):
            raise Rejected("channel_off")
        return backend.send_notice(
            phone=outgoing.to,
            template=outgoing.template,
            values=outgoing.values,
            text=outgoing.text,
            reference=outgoing.reference,
        )
