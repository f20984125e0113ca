"""Which requests of an application are a provider's deliveries: by the beginning of their path."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.providers import provider_named

Table = Mapping[str, str | tuple[str, str]]
"""By path, like `/webhooks/evolution/{instance}`: the provider, or the provider and a template of the instance.

A path stands for all that begin with its parts. Of several that fit, the one with most parts counts. A part in braces
is any one part, and may be called instance, event or shopper; other names are for the template.
"""

_PART = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """What a path says."""

    provider: str
    instance: str | None = None
    event: str | None = None
    shopper_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Route:
    parts: tuple[str, ...]
    names: tuple[str | None, ...]
    provider: str
    template: str | None

    def match(self, parts: list[str]) -> Match | None:
        if len(parts) < len(self.parts):
            return None
        told: dict[str, str] = {}
        for name, own, each in zip(self.names, self.parts, parts, strict=False):
            if name is not None and each:
                told[name] = each
            elif own != each:
                return None
        instance = told.get("instance") if self.template is None else self.template.format_map(told)
        return Match(self.provider, instance, told.get("event"), told.get("shopper"))


class Routes:
    """A table that has been read."""

    def __init__(self, table: Table) -> None:
        """Read a table.

        Raises:
            UsageError: a provider or a name in a template is not known.
        """
        routes = [_route(path, entry) for path, entry in table.items()]
        self._routes = sorted(routes, key=lambda each: (-len(each.parts), sum(name is not None for name in each.names)))

    def find(self, path: str) -> Match | None:
        """What a path says, where it is one of a provider's."""
        parts = path.strip("/").split("/")
        return next((found for route in self._routes if (found := route.match(parts)) is not None), None)


def _route(path: str, entry: str | tuple[str, str]) -> _Route:
    provider, template = (entry, None) if isinstance(entry, str) else entry
    parts = tuple(path.strip("/").split("/"))
    named = [_PART.fullmatch(each) for each in parts]
    names = tuple(each and each[1] for each in named)
    missing = set(_PART.findall(template or "")) - set(names)
    if missing:
        raise UsageError(f"{path}: {missing.pop()!r} is not in the path", hint="name it there, in braces")
    return _Route(parts, names, provider_named(provider, f"{path}: "), template)
