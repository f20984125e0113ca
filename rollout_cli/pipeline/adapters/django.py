"""Django: the new path beside a view, or beside every view of some paths.

    @beside(layer, provider="evolution", instance=lambda request, instance: instance)
    def receive(request, instance): ...

or, in the settings, the middleware and where its layer is:

    MIDDLEWARE = ["rollout_cli.pipeline.adapters.django.CompatMiddleware", ...]
    ROLLOUT_COMPAT = {"LAYER": "shop.new_path.layer", "ROUTES": {"/webhooks/evolution/{instance}": "evolution"}}
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from rollout_cli.errors import RolloutError
from rollout_cli.pipeline.adapters.exchange import MOST_BYTES, Gathered
from rollout_cli.pipeline.adapters.routes import Match, Routes
from rollout_cli.pipeline.adapters.wsgi import Tee, length_of
from rollout_cli.pipeline.compat import CompatLayer, Instead, Text, Told, text_of
from rollout_cli.pipeline.shoppers import Request

View = TypeVar("View", bound=Callable[..., Any])
_SETTING = "ROLLOUT_COMPAT"
_KEYS = {"LAYER", "ROUTES", "MOST_BYTES"}


def beside(
    layer: CompatLayer,
    *,
    provider: str,
    instance: Text = None,
    event: Text = None,
    shopper: Text = None,
    instead: Instead | None = None,
    most_bytes: int = MOST_BYTES,
) -> Callable[[View], View]:
    """A decorator of views, sync or async. What other decorators have marked stays marked.

    Args:
        layer: runs the new path.
        provider: whose deliveries the view handles.
        instance: like `event` and `shopper` a text, or a function that is given the view's arguments.
        event: the provider's event name, where the body does not say.
        shopper: whose they are.
        instead: see `CompatLayer.wrap`.
        most_bytes: of a body; a longer one is counted and not given to the new path.

    Raises:
        UsageError: there is no such provider, or nothing that could take deliveries instead.
    """
    Routes({"/": provider})  # knows the providers

    def look(request: HttpRequest, *args: Any, **kwargs: Any) -> Told:
        def match() -> Match:
            texts = (text_of(each, (request, *args), kwargs) for each in (instance, event, shopper))
            return Match(provider, *texts)

        return _look(request, match, most_bytes, reads=instead is not None)

    def decorate(view: View) -> View:
        return layer.around(view, look, instead=instead, is_async=iscoroutinefunction(view))

    return decorate


class CompatMiddleware:
    """The new path beside every view of the paths in the setting ROLLOUT_COMPAT.

    LAYER is a `CompatLayer`, a function that returns one, or the dotted path of either; ROUTES a table as in
    `adapters.routes`; MOST_BYTES may be left out.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        layer, routes, most_bytes = _configured()
        is_async = iscoroutinefunction(get_response)
        if is_async:
            markcoroutinefunction(self)

        def look(request: HttpRequest) -> Told:
            match = routes.find(request.path_info)
            return _nothing if match is None else _look(request, lambda: match, most_bytes)

        self._respond = layer.around(get_response, look, is_async=is_async)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Serve one request."""
        return self._respond(request)


def _configured() -> tuple[CompatLayer, Routes, int]:
    setting = getattr(settings, _SETTING, None)
    if not isinstance(setting, dict) or not {"LAYER", "ROUTES"} <= set(setting) or set(setting) - _KEYS:
        raise ImproperlyConfigured(f"the settings need {_SETTING}, a dictionary with LAYER and ROUTES")
    layer = setting["LAYER"]
    if isinstance(layer, str):
        layer = import_string(layer)
    if not isinstance(layer, CompatLayer) and callable(layer):
        layer = layer()
    if not isinstance(layer, CompatLayer):
        raise ImproperlyConfigured(f"{_SETTING}['LAYER'] is no CompatLayer, and not where one is")
    try:
        return layer, Routes(setting["ROUTES"]), setting.get("MOST_BYTES", MOST_BYTES)
    except RolloutError as error:
        raise ImproperlyConfigured(f"{_SETTING}['ROUTES']: {error.message}; {error.hint}") from error


def _look(request: HttpRequest, match: Callable[[], Match], most_bytes: int, *, reads: bool = False) -> Told:
    """Follow what a view reads of a request, however it reads.

    Args:
        request: that the view is given.
        match: what is known of it.
        most_bytes: that are kept.
        reads: have the body read, because it is wanted before the view.
    """
    if request.method != "POST":
        return _nothing
    kept = Gathered(most_bytes, length_of(request.META))
    stream = getattr(request, "_stream", None)
    if stream is not None and not hasattr(request, "_body"):
        request._stream = Tee(stream, kept)  # noqa: SLF001 - it has no public name

    def told() -> Request:
        body = request.body if reads else getattr(request, "_body", None)
        whole = kept.whole() if body is None else _bounded(body, most_bytes)
        found = match()
        return Request(found.provider, whole, found.instance, found.event, request.headers, found.shopper_id)

    return told


def _bounded(body: bytes, most_bytes: int) -> bytes:
    kept = Gathered(most_bytes, len(body))
    kept.add(body)
    return kept.whole()


def _nothing() -> None:
    return None
