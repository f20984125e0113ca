"""What is said on the command line, read: addresses, and whose deliveries they are. Knows no library of the web."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.adapters.routes import Match, Routes
from rollout_cli.pipeline.providers import provider_named
from rollout_cli.pipeline.shoppers import ByField, ByHeader, ByInstance, FirstOf, Request, Shoppers
from rollout_cli.server.gateway.legacy_facts import rules_file, tried
from rollout_cli.sources.mapping_file import mapping_in
from rollout_cli.sources.teams import teams_and_lines

_INSTANCES: tuple[str | tuple[str | int, ...], ...] = (
    "instance",
    ("entry", 0, "changes", 0, "value", "metadata", "phone_number_id"),
)
"""Where a body says its instance, when the path does not: Evolution's, and the Cloud API's."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen; port 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listen_address(text: str) -> Listen:
    """An address as typed: `127.0.0.1:8080`, `[::]:8080`.

    Raises:
        UsageError: it is none.
    """
    parts = _split(f"//{text}")
    if parts is None or parts.hostname is None or parts.port is None or parts.path or "@" in text:
        raise UsageError(f"{text!r} is no address to listen on", hint="like 127.0.0.1:8080, or 0.0.0.0:8080 for all")
    return Listen(parts.hostname, parts.port)


def upstream_url(text: str) -> str:
    """The URL of an endpoint as typed.

    Raises:
        UsageError: it is none that requests can be passed on to.
    """
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError("--upstream is no URL of an endpoint", hint="like http://127.0.0.1:9000")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "--upstream is scheme, host, port and perhaps a path", hint="requests bring their own query and credentials"
        )
    return text


class Addresses(Protocol):
    """Tells whose delivery comes to a path."""

    def find(self, path: str) -> Match | None:
        """What a path says, where it is one of a provider's."""
        ...  # pragma: no cover - a protocol


@dataclass(frozen=True, slots=True)
class EveryPath:
    """One provider's deliveries come, wherever they come to."""

    provider: str

    def find(self, path: str) -> Match:  # noqa: ARG002 - as `Addresses` has it
        """The provider."""
        return Match(self.provider)


def addresses(provider: str | None, routes: Sequence[str]) -> Addresses:
    """Read what was said of the paths.

    Args:
        provider: of all of them.
        routes: or each like `/webhooks/evolution/{instance}=evolution`, or `/hooks/{shop}=cloud_api:cloud-{shop}` with
            how the instance is called.

    Raises:
        UsageError: neither is said, or both, or there is no such provider.
    """
    if (provider is None) == (not routes):
        raise UsageError(
            "say whose deliveries come", hint="with --provider, or with one --route PATH=PROVIDER for each path"
        )
    if provider is None:
        return Routes(dict(_route(each) for each in routes))
    return EveryPath(provider_named(provider))


def _route(text: str) -> tuple[str, str | tuple[str, str]]:
    path, separator, entry = text.rpartition("=")
    if not separator or not path.startswith("/"):
        raise UsageError(f"{text!r} is no route", hint="like --route '/webhooks/evolution/{instance}=evolution'")
    provider, _, template = entry.partition(":")
    return path, (provider, template) if template else provider


@dataclass(frozen=True, slots=True)
class Whose:
    """What is a delivery, and whose.

    Attributes:
        addresses: tell what is one.
        shoppers: tell whose it is.
        secrets: app secrets of Meta, to check signatures with.
    """

    addresses: Addresses
    shoppers: Shoppers | None = None
    secrets: Sequence[str] = ()


def whose_deliveries(
    provider: str | None, routes: Sequence[str], shoppers: Shoppers | None, secrets: Sequence[str]
) -> Whose:
    """The same, as typed.

    Raises:
        UsageError: see `addresses`.
    """
    return Whose(addresses(provider, routes), shoppers, secrets)


def teams_file(file: Path | None) -> str | None:
    """The full name of a file of teams, which has been read.

    Raises:
        UsageError: it cannot be read, or not be meant.
        InvalidFilesError: it is no YAML as it is read here.
    """
    if file is None:
        return None
    teams_and_lines(file)
    return str(file.absolute())


def compared(facts: str | None, rules: Path | None, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    """What tells what the upstream's answers say, and the file of rules for comparing them; both have been tried.

    Raises:
        UsageError: there is no such function, or the file cannot be read or not be meant.
        InvalidFilesError: it is no YAML as it is read here.
    """
    return tried(facts, environment), rules_file(rules, facts)


def shoppers_from(shopper: str | None, file: Path | None, header: str | None, field: str | None) -> Shoppers | None:
    """Who tells whose a delivery is: a header, a field of the body, the instance, and for the rest one shopper.

    Raises:
        UsageError: the file cannot be read, or has no shoppers.
        InvalidFilesError: it is no YAML as it is read here.
    """
    known = {} if file is None else shoppers_of(file)
    asked: list[Shoppers] = []
    if header is not None:
        asked.append(ByHeader(header))
    if field is not None:
        asked.append(ByField(field))
    if known:
        asked += [ByInstance(known), *(ByField(place, known) for place in _INSTANCES)]
    if shopper is not None:
        asked.append(Always(shopper))
    return FirstOf(*asked) if asked else None


@dataclass(frozen=True, slots=True)
class Always:
    """One shopper for all."""

    shopper: str

    def shopper_of(self, request: Request) -> str:  # noqa: ARG002 - as `Shoppers` has it
        """That one."""
        return self.shopper


def shoppers_of(file: Path) -> Mapping[str, str]:
    """A file with one line `instance: shopper` for each instance.

    Raises:
        UsageError: it cannot be read, or has no such lines.
        InvalidFilesError: it is no YAML as it is read here.
    """
    written = mapping_in(file)
    if not written or not all(map(_is_shopper, written.values())):
        raise UsageError(f"{file} has no shoppers", hint="write a line `instance: shopper` for each instance")
    return {str(instance): str(shopper) for instance, shopper in written.items()}


def secrets_from(names: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """App secrets, by the variables that hold them.

    Raises:
        UsageError: a variable is not set.
    """
    for name in names:
        if not environment.get(name):
            raise UsageError(f"the variable {name} is not set", hint="it is to hold the app secret of Meta")
    return [environment[name] for name in names]


def _is_shopper(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(str(value).strip())


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:  # no port, or no IPv6 address
        return None
    return parts
