"""Lines: one business number that is reached by two channels, say Cloud API and Evolution's business channel.

Each channel has an instance of its own, so what both tell has two keys and two threads. Who declares that two
instances are one line has each fact once.
"""

from collections.abc import Mapping

import msgspec

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.providers import provider_named
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.keys import part

Channel = tuple[str, str]
"""A provider, and an instance as its events name it (Cloud API: the phone_number_id)."""


def _channel(channel: Channel) -> Channel:
    return provider_named(channel[0]), channel[1]


class Lines:
    """Gives what a second channel tells the key and the thread that the first one gives."""

    def __init__(self, same_as: Mapping[Channel, Channel]) -> None:
        """Declare lines: the second channel, and the first one that it is the same as.

        Raises:
            UsageError: a provider is none, or a first channel is itself a second one.
        """
        same_as = {_channel(second): _channel(first) for second, first in same_as.items()}
        for first in same_as.values():
            if first in same_as:
                raise UsageError(
                    f"{':'.join(first)} stands for another channel, and another one for it",
                    hint="name the same first channel for all channels of a line",
                )
        self._same_as = {
            (provider, instance): (part(first[0]), part(first[1])) for (provider, instance), first in same_as.items()
        }

    def __call__(self, event: CanonicalEvent) -> CanonicalEvent:
        """The event, as the first channel would have told it."""
        source = event.source
        first = self._same_as.get((source.provider, source.instance or ""))
        if first is None:
            return event
        tenant, _, kind, _, *parts = event.trace.idempotency_key.split(":")
        key = ":".join((tenant, first[0], kind, first[1], *parts))
        routing, thread = event.routing, event.routing.thread_key
        if thread is not None:
            of, _, counterpart = thread.split(":", 2)
            routing = msgspec.structs.replace(routing, thread_key=f"{of}:{first[1]}:{counterpart}")
        trace = msgspec.structs.replace(event.trace, idempotency_key=key)
        return msgspec.structs.replace(event, routing=routing, trace=trace)
