"""How a provider tells what happens. One writer for each; each is a table of kinds."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from msgspec import Struct

from rollout_cli.errors import UsageError
from rollout_cli.simulate.traffic.happening import STATES, Happening
from rollout_cli.simulate.traffic.people import Instance
from rollout_cli.simulate.traffic.told import Told

Say = Callable[[Happening], str]
"""Writes one happening as the provider's JSON: the item that its bodies hold."""


class Written(Struct, frozen=True, gc=False):
    """One happening in a provider's words.

    Attributes:
        told: the item.
        folder: bodies hold items of one folder and instance only, like the name of an event.
    """

    happening: Happening
    told: str
    folder: str


@dataclass(frozen=True)
class Telling:
    """How one kind is told.

    Attributes:
        say: in which words.
        becomes: the canonical event's type; empty for content, which is `whatsapp.message.inbound` or `outbound`.
        folder: under which name; a function where not every telling of the kind has the same.
    """

    say: Say
    becomes: str = ""
    folder: str | Say = ""

    def event_type(self, happening: Happening) -> str:
        """What it has to become."""
        if self.becomes:
            return self.becomes
        return "whatsapp.message.outbound" if happening.outbound else "whatsapp.message.inbound"


@dataclass(frozen=True)
class Writer:
    """How one provider tells things.

    Attributes:
        provider: one of `rollout_cli.whatsapp.PROVIDERS`.
        kinds: what it can tell.
        respelled: the kinds that it may tell a second time under another id of the person, or by another event: for
            each the spellings besides 0.
        most: how many items a body holds at most.
        body: puts items of one instance and folder into a body; JSON text.
        told: what its telling of a happening says, besides the type and the words.
        has_groups: whether it knows any.
        has_posts: whether it tells of what is said to many at once: status posts, newsletters, broadcast lists.
    """

    provider: str
    kinds: Mapping[str, Telling]
    most: int
    body: Callable[[Instance, str, Sequence[str]], str]
    respelled: Mapping[str, tuple[int, ...]]
    told: Callable[[Happening], Told]
    has_groups: bool = True
    has_posts: bool = True

    def write(self, happening: Happening) -> Written:
        """Put a happening into words.

        Raises:
            KeyError: the provider has none for it.
        """
        telling = self.kinds[happening.kind]
        folder = telling.folder
        return Written(happening, telling.say(happening), folder if isinstance(folder, str) else folder(happening))


@cache
def writer_of(provider: str) -> Writer:
    """The writer of a provider, imported when it is first wanted.

    Raises:
        UsageError: there is none.
    """
    if provider not in WRITERS:
        raise UsageError(f"nobody writes as the provider {provider!r}", hint=f"there are {', '.join(WRITERS)}")
    module = importlib.import_module(f"{__package__}.writers.{provider}")
    found: Writer = getattr(module, provider.upper())
    return found


WRITERS = ("cloud_api", "evolution", "baileys", "simulated")
STATUS_TYPES = {state: f"whatsapp.message.status.{state}" for state in STATES}
