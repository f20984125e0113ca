"""One HTTP request: to addresses that may be reached, without redirects, proxies or cookies, within its limits."""

import re
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

from rollout_cli.checks.http_fields import OURS
from rollout_cli.checks.questions import HttpQuestion, HttpReply, NoAnswer
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.addresses import (
    NoReplyError,
    Place,
    Resolver,
    allowed_endpoints,
    place_of,
    resolved_by_the_system,
)
from rollout_cli.sources.probes.http_reply import MOST_HEAD, received
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.secrets import kept_in
from rollout_cli.sources.probes.settings import ProbeSettings
from rollout_cli.sources.probes.wire import Trust, Wire, connected, trust_of_the_system

_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,8000}")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, complete.

    Attributes:
        headers: names in small letters.
        named: private addresses and networks that may be reached.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What a request meets outside: who knows the addresses, and whose certificates are believed."""

    resolve: Resolver = resolved_by_the_system
    trust: Trust = trust_of_the_system


THE_WORLD = World()


def fetch(request: Request, leash: Leash, world: World = THE_WORLD) -> HttpReply | NoAnswer:
    """Ask once; what comes back is the reply itself, whatever its status.

    Raises:
        OutOfTimeError: the leash ended.
    """
    begun = time.perf_counter()
    try:
        place = place_of(request.url)
        head = _head(request, place)
        endpoints = allowed_endpoints(place, request.named, world.resolve)
        leash.left()  # the name server may have taken all of it
        with closing(Wire(connected(place, endpoints, leash, world.trust), leash, MOST_HEAD)) as wire:
            wire.send(head + request.body)
            status, body = received(wire, request.method)
    except NoReplyError as error:
        return error.answer
    return HttpReply(status, body, time.perf_counter() - begun)


def _head(request: Request, place: Place) -> bytes:
    headers = {
        "host": place.authority,
        "user-agent": "rollout",
        "accept": "*/*",
        **_checked(request.headers),
        "accept-encoding": "identity",
        "connection": "close",
    }
    if request.method == "POST":
        headers["content-length"] = str(len(request.body))
    lines = [f"{request.method} {place.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers, if each stays within its line and leaves the connection alone."""
    for name, value in headers.items():
        if name in OURS or not _HEADER_NAME.fullmatch(name):
            message = say("the header {name} is not yours to set", name=name[:64])
            raise NoReplyError(Cause.NOT_SET_UP, message, say("leave it out: it speaks of the connection itself"))
        if not _HEADER_VALUE.fullmatch(value):
            message = say("the value for the header {name} cannot be sent", name=name)
            raise NoReplyError(Cause.NOT_SET_UP, message, say("keep it to one line of ASCII characters"))
    return headers


def request_below(settings: ProbeSettings, source: str, path: str) -> Request | NoAnswer:
    """A GET to a path below the address of an HTTP or Prometheus source, with what the source says of headers."""
    entry = settings.source(source, "http", "prometheus")
    if isinstance(entry, NoAnswer):
        return entry
    address = settings.address_of(source, entry)
    if isinstance(address, NoAnswer):
        return address
    secret = settings.variables(entry.header_env)
    if isinstance(secret, NoAnswer):
        return secret
    if not path.startswith("/") or "?" in address or "#" in address:
        message = say("the path and the address of {source} do not go together", source=source)
        hint = say("a path begins with /, and an address ends before ? and #")
        return NoAnswer(Cause.NOT_SET_UP, message, hint)
    headers = _merged(entry.headers, secret)
    return Request(address.rstrip("/") + path, headers=headers, named=tuple(entry.addresses))


def _merged(*several: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in small letters, later ones instead of earlier; the space around values is nobody's."""
    return {name.lower(): value.strip() for headers in several for name, value in headers.items()}


class HttpProbe:
    """Answers an `HttpQuestion`."""

    def __init__(self, settings: ProbeSettings, world: World = THE_WORLD) -> None:
        self._settings = settings
        self._world = world

    def __call__(self, question: HttpQuestion, leash: Leash) -> HttpReply | NoAnswer:
        """Ask.

        Raises:
            OutOfTimeError: the leash ended.
        """
        request = self._request(question)
        answer = request if isinstance(request, NoAnswer) else fetch(request, leash, self._world)
        return kept_in(answer, self._settings.secrets_of(question.source))

    def _request(self, question: HttpQuestion) -> Request | NoAnswer:
        base: Request | NoAnswer = Request(question.url)
        if question.source:
            base = request_below(self._settings, question.source, question.path)
        if isinstance(base, NoAnswer):
            return base
        headers = _merged(base.headers, question.headers)
        named = (*base.named, *question.addresses)
        return Request(base.url, question.method, headers, question.body.encode("utf-8", "replace"), named)
