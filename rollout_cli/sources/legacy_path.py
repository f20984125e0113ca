"""The legacy path of a simulation: the bundled one, a function of the user's, or a URL."""

import inspect
import json
import sys
from asyncio import Runner
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.dual_run.facts import Extract
from rollout_cli.simulate.legacy import NAME, Handler, facts, handle
from rollout_cli.sources.named_function import named_function, staying

_SECONDS = 10.0
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class LegacyPath:
    """A legacy path.

    Attributes:
        handle: what is called with each body and its provider.
        facts: tells what its answers say.
    """

    handle: Handler
    facts: Extract


class LegacyRefusedError(Exception):
    """The legacy endpoint answered with a status that is no success."""


@contextmanager
def legacy_path(name: str, facts_name: str | None = None) -> Iterator[LegacyPath]:
    """Open a legacy path. What the user's code prints goes to standard error meanwhile: the report is on the other.

    Args:
        name: `reference`, `MODULE:FUNCTION`, or an http(s) URL.
        facts_name: `MODULE:FUNCTION` that is given an answer and its delivery, and tells what it says; None where
            nobody knows: answers in the form of the bundled path are understood, and of others nothing is compared but
            times and exceptions.

    Raises:
        UsageError: there is no such thing.
    """
    with redirect_stdout(sys.stderr):
        told = facts if facts_name is None else staying(named_function(facts_name, "--legacy-facts"))
        if name == NAME:
            yield LegacyPath(handle, told)
        elif "://" in name:
            endpoint = Endpoint(_url(name))
            try:
                yield LegacyPath(endpoint.handle, told)
            finally:
                endpoint.close()
        else:
            with Runner() as loop:
                yield LegacyPath(staying(_called_as_wanted(named_function(name, "--legacy"), loop)), told)


class Endpoint:
    """A legacy endpoint: each body is posted to it, over a connection that is kept."""

    def __init__(self, url: SplitResult) -> None:
        self._url = url
        self._connection: HTTPConnection | None = None

    def handle(self, body: bytes, provider: str, instance: str | None = None) -> Any:  # noqa: ARG002 - as handlers are called
        """Post a body.

        Returns:
            The answer, read as JSON where it is some; else its text.

        Raises:
            LegacyRefusedError: its status is no success.
            OSError, HTTPException: there is no answer.
        """
        status, answer = self._post(body, provider)
        if not 200 <= status < 300:  # noqa: PLR2004 - success
            raise LegacyRefusedError(str(status))
        try:
            return json.loads(answer)
        except ValueError:
            return answer.decode("utf-8", "replace")

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _post(self, body: bytes, provider: str) -> tuple[int, bytes]:
        """Post; again only where a kept connection turns out to be closed: it may not see a body twice else."""
        is_kept = self._connection is not None
        try:
            return self._asked(body, provider)
        except (OSError, HTTPException) as error:
            self.close()
            if not (is_kept and isinstance(error, ConnectionError)):
                raise
        return self._asked(body, provider)

    def _asked(self, body: bytes, provider: str) -> tuple[int, bytes]:
        if self._connection is None:
            kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            self._connection = kind(self._url.hostname or "", self._url.port, timeout=_SECONDS)
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", target.replace("{provider}", provider), body, headers)
        response = self._connection.getresponse()
        answer = response.read(_MOST)
        if not response.isclosed():  # there is more of it, and it would be taken for the next answer
            self.close()
        return response.status, answer


def _url(name: str) -> SplitResult:
    try:
        url = urlsplit(name)
        url.port  # noqa: B018 - says whether it is one
    except ValueError:
        url = urlsplit("")
    if url.scheme not in ("http", "https") or not url.hostname:
        raise UsageError("--legacy-url is no http or https URL", hint="like http://127.0.0.1:8000/webhooks/whatsapp")
    return url


def _called_as_wanted(function: Callable[..., Any], loop: Runner) -> Handler:
    """A function that takes the body, and `provider` and `instance` where it has arguments of these names."""
    wanted = _wanted(function)
    is_async = inspect.iscoroutinefunction(function)

    def called(body: bytes, provider: str, instance: str | None) -> Any:
        more = {"provider": provider, "instance": instance}
        answer = function(body, **{name: more[name] for name in wanted})
        return loop.run(answer) if is_async else answer

    return called


def _wanted(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        told = inspect.signature(function).parameters.values()
    except ValueError:  # a function of C says nothing of its arguments
        return ()
    by_name = {each.name for each in told if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    takes_all = any(each.kind is each.VAR_KEYWORD for each in told)
    return tuple(name for name in ("provider", "instance") if takes_all or name in by_name)
