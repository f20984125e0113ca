"""What is made of a content, whichever provider sends it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.decoding import decode_text
from rollout_cli.whatsapp.vocabulary import MessageType

Fields = dict[str, Any]
"""Fields of a `Message`, by name."""


class Content(NamedTuple):
    """How a content is read.

    Attributes:
        type: the canonical type; None where `read` says it, as the field `type`.
        read: from the message, or its content, to the fields of the canonical message.
    """

    type: MessageType | None
    read: Callable[[Mapping[str, Any]], Fields]


UNKNOWN = Content("unknown", lambda _node: {})
"""A content that nobody here knows."""


def filled_in(written: Any) -> Any:
    """What somebody filled into a form: JSON in a string, sometimes something else."""
    return redacted(decode_text(written) if isinstance(written, str) else written)
