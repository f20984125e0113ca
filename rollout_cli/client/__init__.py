"""Room `client`: what an application asks, a million times a second if it likes.

In: a store's address. Out: answers, at once, whatever happens to the store. Rule: an evaluation looks at memory only;
it never raises, never waits and never reads a clock that can be set.
"""

from rollout_cli.client.answers import Source
from rollout_cli.client.application import client, configure, decide, is_enabled, value
from rollout_cli.client.current import Change, Health
from rollout_cli.client.records import Count, Records
from rollout_cli.client.rollout_client import RolloutClient

__all__ = [
    "Change",
    "Count",
    "Health",
    "Records",
    "RolloutClient",
    "Source",
    "client",
    "configure",
    "decide",
    "is_enabled",
    "value",
]
