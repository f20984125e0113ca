"""The legacy path of a simulation: the bundled one, a function of the user's, or a URL."""

import importlib
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.dual_run.facts import Extract
from rollout_cli.simulate.legacy import NAME, Handler, facts, handle

_SECONDS = 10.0
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class LegacyPath:
    """A legacy path.

    Attributes:
        handle: what is called with each body and its provider.
        facts: tells what its answers say; None where nobody knows, and they are not compared.
    """

    handle: Handler
    facts: Extract | None


class LegacyRefusedError(Exception):
    """The legacy endpoint answered with a status that is no success."""


@contextmanager
def legacy_path(name: str, facts_name: str | None = None) -> Iterator[LegacyPath]:
    """Open a legacy path.

    Args:
        name: `reference`, `MODULE:FUNCTION`, or an http(s) URL.
        facts_name: `MODULE:FUNCTION` that is given an answer and its delivery, and tells what it says.

    Raises:
        UsageError: there is no such thing.
    """
    told: Extract | None = None if facts_name is None else _function(facts_name, "--legacy-facts")
    if name == NAME:
        yield LegacyPath(handle, told or facts)
    elif "://" in name:
        endpoint = Endpoint(_url(name))
        try:
            yield LegacyPath(endpoint.handle, told or facts)
        finally:
            endpoint.close()
    else:
        yield LegacyPath(_called_as_wanted(_function(name, "--legacy")), told)


class Endpoint:
    """A legacy endpoint: each body is posted to it, over a connection that is kept."""

    def __init__(self, url: SplitResult) -> None:
        self._url = url
        self._connection: HTTPConnection | None = None

    def handle(self, body: bytes, provider: str) -> Any:  # noqa: ARG002 - as handlers are called
        """Post a body.

        Returns:
            The answer, read as JSON where it is some; else its text.

        Raises:
            LegacyRefusedError: its status is no success.
            OSError, HTTPException: there is no answer.
        """
        try:
            status, answer = self._post(body)
        except (OSError, HTTPException):
            self.close()  # a kept connection may have been closed from the other side: once more, on a new one
            status, answer = self._post(body)
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

    def _post(self, body: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
            self._connection = kind(self._url.hostname or "", self._url.port, timeout=_SECONDS)
        target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        self._connection.request("POST", target, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read(_MOST)
        response.close()
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


def _function(name: str, option: str) -> Callable[..., Any]:
    """A function by the name of its module and its own; modules are looked for in the current folder, too."""
    module, colon, attribute = name.partition(":")
    if not colon or not module or not attribute:
        raise UsageError(f"{option} {name!r} is no function", hint="write MODULE:FUNCTION, like shop.webhooks:receive")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module)
        for each in attribute.split("."):
            found = getattr(found, each)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"{option}: {name} cannot be imported: {error}", hint="it is looked for here and where Python finds modules"
        ) from None
    if not callable(found):
        raise UsageError(f"{option}: {name} is no function", hint="name one that takes a body")
    result: Callable[..., Any] = found
    return result


def _called_as_wanted(function: Callable[..., Any]) -> Handler:
    """A function that takes the body alone, or the provider as well."""
    try:
        inspect.signature(function).bind(b"", "evolution")
    except TypeError:
        return lambda body, _provider: function(body)
    except ValueError:  # a function of C says nothing of its arguments
        return lambda body, _provider: function(body)
    return function
