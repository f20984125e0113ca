"""The legacy handler as ever, and the new path beside it.

The legacy handler comes first, with what it was given; what it returns and what it raises pass through. Whatever goes
wrong on this side is counted and said once, and changes nothing of that.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial, wraps
from itertools import chain
from time import perf_counter
from typing import Any, Protocol, TypeVar

from rollout_cli.ending import is_asked_for
from rollout_cli.errors import UsageError
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.delivery import Candidate, Delivery, LegacyOutcome, now_in_utc
from rollout_cli.pipeline.metrics import DROPPED, FAILED, Metrics
from rollout_cli.pipeline.providers import provider_named
from rollout_cli.pipeline.shoppers import Request, Shoppers, usable
from rollout_cli.pipeline.switches import Flags, Path, mode_for

UNREAD = "unread"
"""The outcome of what is dropped without its body: it is empty, or the legacy path did not read it to its end."""
OURS = "compat"
"""The outcome of what is dropped because something went wrong on this side."""
INSTEAD = "instead"
"""The outcome of a failure to take what the legacy handler was then asked to handle."""
SHOPPER = "shopper"
"""The outcome of a resolver's failure; the delivery goes on as nobody's."""

Told = Callable[[], Request | None]
"""Tells, after the legacy handler, what came; None where that is not for the new path. Raises `UnreadError`."""
Look = Callable[..., Told]
"""Looks at the arguments before the legacy handler gets them, and changes nothing."""
Instead = Callable[[Delivery, object], Any]
Handler = TypeVar("Handler", bound=Callable[..., Any])
Text = str | Callable[..., str | None] | None
"""A text, or what finds it in a handler's arguments."""

_OWN_FAULTS = (Exception, SystemExit)


class UnreadError(Exception):
    """The body of a request is not to be had."""

    def __init__(self, outcome: str = UNREAD) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Taker(Protocol):
    """Takes deliveries for later: a backlog, or a spool on disk."""

    def offer(self, delivery: Delivery) -> bool:
        """Put a delivery down. Never waits; what is not accepted has been counted."""
        ...  # pragma: no cover - a protocol


class CompatLayer:
    """Runs the new path beside a legacy handler. One for a process; may be shared by threads."""

    def __init__(
        self,
        flags: Flags,
        backlog: Taker,
        *,
        metrics: Metrics,
        spool: Taker | None = None,
        shoppers: Shoppers | None = None,
        candidate: Candidate | None = None,
        clock: Callable[[], datetime] = now_in_utc,
    ) -> None:
        """Put together a layer.

        Args:
            flags: whoever answers for them.
            backlog: takes what runs in shadow, and what is live where there is no spool.
            metrics: what counts.
            spool: takes what is live, so that it outlives the process.
            shoppers: tells whose a request is; without it, what the handler's adapter tells counts alone.
            candidate: takes what is live before the answer, for handlers that are wrapped with `instead`.
            clock: the time; aware, UTC.
        """
        self._flags = flags
        self._backlog = backlog
        self._metrics = metrics
        self._spool = spool
        self._shoppers = shoppers
        self._candidate = candidate
        self._clock = clock
        self._complaints = Complaints()

    def wrap(
        self,
        handler: Handler,
        *,
        provider: str,
        instance: Text = None,
        event: Text = None,
        shopper: Text = None,
        body: Callable[..., bytes] | None = None,
        headers: Callable[..., Mapping[str, str] | None] | None = None,
        instead: Instead | None = None,
    ) -> Handler:
        """Wrap a function, or a coroutine function.

        Args:
            handler: the legacy handler.
            provider: whose deliveries it handles.
            instance: which instance they are for; like `event` and `shopper` a text, or a function that is given the
                handler's arguments.
            event: the provider's event name, where the body does not say.
            shopper: whose they are, where the arguments say so.
            body: finds the raw bytes in the handler's arguments: without it, the first argument that is bytes, else the
                attribute `body` of the first that has one.
            headers: finds the headers: without it, the attribute `headers` of the first that has one.
            instead: for shoppers who are live: the new path takes the delivery at once, the legacy handler is not
                called, and this makes the response of the delivery and what `take` returned. Where it cannot be taken,
                the legacy handler is called as ever.

        Raises:
            UsageError: there is no such provider, or nothing that could take deliveries.
        """
        finder = _Finder(provider_named(provider), instance, event, shopper, body or raw_body, headers or _headers)
        return self.around(handler, finder.look, instead=instead)

    def around(
        self, handler: Handler, look: Look, *, instead: Instead | None = None, is_async: bool | None = None
    ) -> Handler:
        """Wrap a handler that an adapter knows more about.

        Args:
            handler: the legacy handler.
            look: is given the handler's arguments first.
            instead: see `wrap`.
            is_async: whether the handler is to be awaited; without it, as it looks.

        Raises:
            UsageError: there is nothing that could take deliveries.
        """
        if instead is not None and self._candidate is None:
            raise UsageError("nothing takes deliveries instead", hint="give the layer a candidate")
        makes = self._around_async if (_is_async(handler) if is_async is None else is_async) else self._around_sync
        return wraps(handler)(makes(handler, look, instead))  # type: ignore[return-value]

    def after(self, told: Told | None, legacy: LegacyOutcome) -> None:
        """Run the new path for what came, now that the legacy path is done with it. Never raises."""
        if told is None:
            return
        provider = ""
        try:
            request = told()
            if request is None:
                return
            provider = request.provider
            shopper = self._shopper_of(request)
            mode = mode_for(self._flags, shopper)
            if mode.path is Path.OFF:
                return
            if not mode.compares:
                legacy = LegacyOutcome(None, legacy.error, legacy.seconds)
            self._pass_on(self._delivery(request, shopper, legacy), mode.path)
        except _OWN_FAULTS as error:
            self._failed(error, provider)

    def _around_sync(self, handler: Callable[..., Any], look: Look, instead: Instead | None) -> Callable[..., Any]:
        def beside(*args: Any, **kwargs: Any) -> Any:
            told = self._look(look, args, kwargs)
            if instead is not None and (live := self._live(told)) and (taken := self._taken(live)):
                return instead(live, taken[0])
            started = perf_counter()
            try:
                response = handler(*args, **kwargs)
            except Exception as error:
                self.after(told, LegacyOutcome(None, type(error).__name__, perf_counter() - started))
                raise
            self.after(told, LegacyOutcome(response, None, perf_counter() - started))
            return response

        return beside

    def _around_async(self, handler: Callable[..., Any], look: Look, instead: Instead | None) -> Callable[..., Any]:
        async def beside(*args: Any, **kwargs: Any) -> Any:
            told = self._look(look, args, kwargs)
            if (
                instead is not None
                and (live := self._live(told))
                and (taken := await asyncio.to_thread(self._taken, live))
            ):
                response = instead(live, taken[0])
                return await response if inspect.isawaitable(response) else response
            started = perf_counter()
            try:
                response = await handler(*args, **kwargs)
            except Exception as error:
                self.after(told, LegacyOutcome(None, type(error).__name__, perf_counter() - started))
                raise
            self.after(told, LegacyOutcome(response, None, perf_counter() - started))
            return response

        return beside

    def _look(self, look: Look, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Told | None:
        try:
            return look(*args, **kwargs)
        except _OWN_FAULTS as error:
            self._failed(error, "")
            return None

    def _live(self, told: Told | None) -> Delivery | None:
        """What came, where it is for the new path alone."""
        if told is None:
            return None
        try:
            request = told()
            shopper = None if request is None else self._shopper_of(request)
            if request is None or mode_for(self._flags, shopper).path is not Path.LIVE:
                return None
            return self._delivery(request, shopper, None)
        except _OWN_FAULTS as error:
            self._complain(error)
            self._add(FAILED, "", INSTEAD)
            return None

    def _taken(self, delivery: Delivery) -> tuple[object] | None:
        """What the candidate returned, in a tuple of its own; None where it did not take the delivery."""
        try:
            return (self._candidate.take([delivery]),)  # type: ignore[union-attr]
        except _OWN_FAULTS as error:
            self._complain(error)
            self._add(FAILED, delivery.provider, INSTEAD)
            return None

    def _shopper_of(self, request: Request) -> str | None:
        if request.shopper_id is not None or self._shoppers is None:
            return usable(request.shopper_id)
        try:
            return usable(self._shoppers.shopper_of(request))
        except _OWN_FAULTS as error:
            self._complain(error)
            self._add(FAILED, request.provider, SHOPPER)
            return None

    def _delivery(self, request: Request, shopper: str | None, legacy: LegacyOutcome | None) -> Delivery:
        took = timedelta(seconds=legacy.seconds if legacy else 0)
        return Delivery(
            request.provider,
            request.body,
            self._clock() - took,
            request.instance,
            request.event,
            None if request.headers is None else dict(request.headers),
            shopper,
            legacy=legacy,
        )

    def _pass_on(self, delivery: Delivery, path: Path) -> None:
        if path is Path.LIVE and self._spool is not None:
            self._spool.offer(delivery)
        else:
            self._backlog.offer(delivery)

    def _failed(self, error: BaseException, provider: str) -> None:
        self._complain(error)
        self._add(DROPPED, provider, error.outcome if isinstance(error, UnreadError) else OURS)

    def _complain(self, error: BaseException) -> None:
        if is_asked_for(error):  # by a signal of the application, which is to end
            raise error
        if isinstance(error, UnreadError):
            self._complaints.once(error.outcome, "the new path misses deliveries: the body is %s", error.outcome)
        else:
            name = type(error).__name__
            self._complaints.once(name, "something is wrong beside the legacy path, which goes on: %s", name)

    def _add(self, name: str, provider: str, outcome: str) -> None:
        try:  # metrics are the application's, too
            self._metrics.add(name, provider=provider, outcome=outcome)
        except _OWN_FAULTS as error:
            if is_asked_for(error):
                raise


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds what there is to know in the arguments of a plain handler."""

    provider: str
    instance: Text
    event: Text
    shopper: Text
    body: Callable[..., bytes]
    headers: Callable[..., Mapping[str, str] | None]

    def look(self, *args: Any, **kwargs: Any) -> Told:
        """Keep the arguments, and nothing else, until the handler is done."""
        return partial(self._find, args, kwargs)

    def _find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
        body = self.body(*args, **kwargs)
        if not body:
            raise UnreadError
        return Request(
            self.provider,
            body,
            text_of(self.instance, args, kwargs),
            text_of(self.event, args, kwargs),
            self.headers(*args, **kwargs),
            text_of(self.shopper, args, kwargs),
        )


def text_of(text: Text, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """A text that may have to be found in a handler's arguments."""
    return text(*args, **kwargs) if callable(text) else text


def raw_body(*args: Any, **kwargs: Any) -> bytes:
    """The first argument that is bytes, else the first `body` of one that is.

    Raises:
        UnreadError: there is none.
    """
    given = [*args, *kwargs.values()]
    found = chain(given, _attributes(given, "body"), _attributes(given, "_body"))  # Starlette keeps what was read there
    for each in found:
        if isinstance(each, bytes | bytearray | memoryview):
            return bytes(each)
    raise UnreadError


def _headers(*args: Any, **kwargs: Any) -> Mapping[str, str] | None:
    found = _attributes([*args, *kwargs.values()], "headers")
    return next((each for each in found if isinstance(each, Mapping)), None)


def _attributes(given: list[Any], name: str) -> Iterator[Any]:
    return (getattr(each, name, None) for each in given)


def _is_async(handler: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004
