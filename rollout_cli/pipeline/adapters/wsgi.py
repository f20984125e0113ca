"""WSGI: the new path beside an application of Flask (`app.wsgi_app = WsgiCompat(app.wsgi_app, …)`) or any other.

What the application reads of a request is copied as it reads, never before. The new path's turn is when the server
closes the response.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from rollout_cli.ending import overlooked
from rollout_cli.pipeline.adapters.exchange import MOST_BYTES, Exchange, Gathered
from rollout_cli.pipeline.adapters.routes import Routes, Table
from rollout_cli.pipeline.compat import CompatLayer

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_INPUT = "wsgi.input"


class Tee:
    """A file that is read from, and what was read, kept aside."""

    def __init__(self, source: Any, kept: Gathered) -> None:
        self._source = source
        self._kept = kept
        self._lines: Iterator[bytes] | None = None

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        """As the file reads."""
        data: bytes = self._source.read(*args, **kwargs)
        size = args[0] if args else kwargs.get("size", -1)
        self._keep(data, is_end=size is None or size < 0 or (not data and size > 0))
        return data

    def readline(self, *args: Any, **kwargs: Any) -> bytes:
        """As the file reads."""
        data: bytes = self._source.readline(*args, **kwargs)
        self._keep(data, is_end=not data)
        return data

    def readlines(self, *args: Any, **kwargs: Any) -> list[bytes]:
        """As the file reads."""
        lines: list[bytes] = self._source.readlines(*args, **kwargs)
        self._keep(b"".join(lines), is_end=not (args or kwargs))
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._lines is None:
            self._lines = iter(self._source)
        try:
            line = next(self._lines)
        except StopIteration:
            self._kept.end()
            raise
        self._keep(line, is_end=False)
        return line

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)  # who looks for a way to read finds those that the file has: Werkzeug looks
        match name:
            case "readinto" | "readinto1":
                return partial(self._read_into, found)
            case "read1":
                return partial(self._read_part, found)
            case "readall":
                return partial(self._read_whole, found)
            case "seek" | "detach" | "recv":
                return partial(self._read_otherwise, found)
        return found

    def _read_whole(self, found: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        data = found(*args, **kwargs)
        self._keep(data, is_end=True)
        return data

    def _read_part(self, found: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        data = found(*args, **kwargs)
        self._keep(data, is_end=not data and (args or (-1,))[0] != 0)
        return data

    def _read_into(self, found: Callable[..., Any], buffer: Any) -> Any:
        size = found(buffer)
        with overlooked():
            room = memoryview(buffer).cast("B")
            self._keep(bytes(room[: size or 0]), is_end=size == 0 and len(room) > 0)
        return size

    def _read_otherwise(self, found: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._kept.spoil()
        return found(*args, **kwargs)

    def _keep(self, data: bytes, *, is_end: bool) -> None:
        with overlooked():
            self._kept.add(data)
            if is_end:
                self._kept.end()


class WsgiCompat:
    """An application with the new path beside it."""

    def __init__(self, app: App, layer: CompatLayer, routes: Table, *, most_bytes: int = MOST_BYTES) -> None:
        """Put a layer beside an application.

        Args:
            app: the legacy application.
            layer: runs the new path.
            routes: which paths are a provider's. Their POST requests count, and nothing else.
            most_bytes: of a body; a longer one is counted and not given to the new path.

        Raises:
            UsageError: a route cannot be meant.
        """
        self._app = app
        self._layer = layer
        self._routes = Routes(routes)
        self._most_bytes = most_bytes

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        exchange = self._exchange(environ)
        if exchange is None:
            return self._app(environ, start_response)

        def start(*args: Any, **kwargs: Any) -> Any:
            write = start_response(*args, **kwargs)
            _begin_answer(exchange, *args)
            return write

        try:
            answer = self._app(environ, start)
        except Exception as error:
            exchange.done(type(error).__name__)
            raise
        return _followed(answer, exchange, environ)

    def _exchange(self, environ: Environ) -> Exchange | None:
        with overlooked():
            if environ["REQUEST_METHOD"] == "POST":
                match = self._routes.find(_path_of(environ))
                if match is not None:
                    kept = Gathered(self._most_bytes, length_of(environ))
                    environ[_INPUT] = Tee(environ[_INPUT], kept)
                    return Exchange(self._layer, match, partial(headers_of, environ), kept)
        return None


class _Answer:
    """A response that is followed to its end."""

    def __init__(self, answer: Iterable[bytes], exchange: Exchange) -> None:
        self._answer = answer
        self._exchange = exchange
        self._error: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._answer:
                self._exchange.answered.add(part)
                yield part
        except Exception as error:
            self._error = type(error).__name__
            raise
        self._exchange.answered.end()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)

    def close(self) -> None:
        """What a server calls when it has sent the response, or given up."""
        try:
            if (close := getattr(self._answer, "close", None)) is not None:
                close()
        finally:
            self._exchange.done(self._error)


class _SizedAnswer(_Answer):
    """One whose number of parts is known: servers make a Content-Length of that."""

    def __len__(self) -> int:
        return len(self._answer)  # type: ignore[arg-type]


def length_of(environ: Mapping[str, Any]) -> int | None:
    """How long the body is, where the request says so."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    return int(length) if length.isascii() and length.isdigit() else None


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a request, under their names in lower case."""
    named = {name.removeprefix("HTTP_"): value for name, value in environ.items() if name.startswith("HTTP_")}
    named |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return {name.replace("_", "-").lower(): value for name, value in named.items()}


def _path_of(environ: Environ) -> str:
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def _begin_answer(exchange: Exchange, status: str, headers: Iterable[tuple[str, str]] = (), *_: Any) -> None:
    with overlooked():
        exchange.begin_answer(int(status.split(None, 1)[0]), list(headers))


def _followed(answer: Iterable[bytes], exchange: Exchange, environ: Environ) -> Iterable[bytes]:
    file_wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(file_wrapper, type) and isinstance(answer, file_wrapper):
        exchange.done(None)  # a server knows it by its type, and may have the kernel send the file
        return answer
    return _SizedAnswer(answer, exchange) if hasattr(answer, "__len__") else _Answer(answer, exchange)
