"""Which channels the operator has not set up, in words.

Pledge serves and enforces promises without them, but people are not notified, so it is
reported at start, in `/readyz` and in the warnings of the configuration.
"""

from infra.notification.chat_targets import TargetsError, load_targets
from infra.settings import Settings


def setup_notes(settings: Settings) -> tuple[str, ...]:
    """Empty if all is set up."""
    notes = []
    if not settings.smtp_url:
        notes.append("e-mail is not set up (PLEDGE_SMTP_URL): no e-mail is sent")
    try:
        if not load_targets(settings.notify_targets):
            notes.append(
                "chat is not set up (PLEDGE_NOTIFY_TARGETS): no chat message is sent"
            )
    except TargetsError as error:
        notes.append(f"{error}: no chat message is sent")
    return tuple(notes)
