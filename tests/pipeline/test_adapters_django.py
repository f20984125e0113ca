"""Django: views and whole projects answer as ever, however they read, and the new path gets what came."""

import subprocess
import sys
from textwrap import dedent

import pytest

pytest.importorskip("django")

from tests.support.projects import REPOSITORY

SETUP = """\
import asyncio
import logging

import django
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.urls import path

def read_body(request, instance):
    return JsonResponse({"length": len(request.body), "instance": instance})

def read_stream(request, instance):
    return JsonResponse({"length": len(request.read(4)) + len(request.read())})

def read_post(request, instance):
    return JsonResponse({"fields": sorted(request.POST)})

def read_nothing(request, instance):
    return HttpResponse(status=401)

def fail(request, instance):
    request.body
    raise LookupError("legacy")

async def read_async(request, instance):
    await asyncio.sleep(0)
    return JsonResponse({"length": len(request.body)})

read_body.csrf_exempt = True
urlpatterns = []

from rollout_cli.pipeline.adapters.django import CompatMiddleware, beside
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.shoppers import ByInstance
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, SHADOW
from tests.pipeline.compat_doubles import Counted, Remembering
from tests.support.flags_answering import Answering

class Kept:
    def __init__(self):
        self.offered = []
    def offer(self, delivery):
        self.offered.append(delivery)
        return True

kept, metrics, candidate = Kept(), Counted(), Remembering()
flags = Answering({EVENTS: True, SHADOW: True, DUAL_RUN: True})
layer = CompatLayer(flags, kept, metrics=metrics, shoppers=ByInstance({"north": "s-1"}), candidate=candidate)
VIEWS = [read_body, read_stream, read_post, read_nothing, fail, read_async]
UNREAD = [read_post, read_nothing]  # Django reads no fields of JSON
decorate = beside(layer, provider="evolution", instance=lambda request, instance: instance, most_bytes=100)
for view in VIEWS:
    urlpatterns.append(path(f"bare/{view.__name__}/<instance>", view))
    urlpatterns.append(path(f"beside/{view.__name__}/<instance>", decorate(view)))
settings.configure(
    ROOT_URLCONF=__name__, SECRET_KEY="test", ALLOWED_HOSTS=["*"], DEBUG_PROPAGATE_EXCEPTIONS=False,
    LOGGING_CONFIG=None, MIDDLEWARE=MIDDLEWARE,
    ROLLOUT_COMPAT={"LAYER": lambda: layer, "ROUTES": {"/bare/{view}/{instance}": "evolution"}, "MOST_BYTES": 100},
)
django.setup()
logging.getLogger("django").setLevel(logging.CRITICAL)
from django.test import AsyncClient, Client

BODY = b'{"event": "messages.upsert"}'

def post(url, body=BODY, content_type="application/json", **headers):
    answer = Client(raise_request_exception=False).post(url, body, content_type=content_type, **headers)
    return answer.status_code, dict(answer.headers), answer.content

def post_async(url, body=BODY):
    async def send():
        client = AsyncClient(raise_request_exception=False)
        answer = await client.post(url, body, content_type="application/json")
        return answer.status_code, dict(answer.headers), answer.content
    return asyncio.run(send())

def new():
    found, kept.offered = kept.offered, []
    return found
"""


def run(code: str, middleware: str = "[]") -> None:
    """In a process of its own: Django is set up once for each."""
    program = f"MIDDLEWARE = {middleware}\n{SETUP}\n{dedent(code)}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=REPOSITORY, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_decorated_view_answers_as_ever_and_what_came_is_given_to_the_new_path() -> None:
    run("""
        for send in (post, post_async):
            for view in VIEWS:
                bare, beside_it = (send(f"/{kind}/{view.__name__}/north") for kind in ("bare", "beside"))
                assert bare == beside_it, (view, bare, beside_it)
                (delivery,) = [None] if view in UNREAD else new()
                if delivery:
                    assert delivery.body == BODY, view
                    assert (delivery.instance, delivery.shopper_id) == ("north", "s-1")
                    assert delivery.headers["Content-Type"] == "application/json"
                    assert delivery.legacy.error == ("LookupError" if view is fail else None)
                    assert view is fail or delivery.legacy.response.status_code == 200
        assert metrics.counts == {("canonical_dropped_count", "unread"): 4}

        form = b"a=1&b=2"
        args = (form, "application/x-www-form-urlencoded")
        assert post("/bare/read_post/x", *args) == post("/beside/read_post/x", *args)
        assert new()[0].body == form

        assert post("/bare/read_body/x", bytes(101)) == post("/beside/read_body/x", bytes(101))
        assert metrics.counts["canonical_dropped_count", "oversized"] == 1

        assert Client().get("/beside/read_body/x").status_code == 200
        assert new() == []
        assert sum(metrics.counts.values()) == 5
    """)


def test_marks_of_other_decorators_stay_and_with_the_flags_off_nothing_is_offered() -> None:
    run("""
        from asgiref.sync import iscoroutinefunction
        assert decorate(read_body).csrf_exempt and decorate(read_body).__name__ == "read_body"
        assert iscoroutinefunction(decorate(read_async)) and not iscoroutinefunction(decorate(read_body))
        flags.values[EVENTS] = False
        assert post("/bare/read_stream/x") == post("/beside/read_stream/x")
        assert new() == [] and not metrics.counts
    """)


def test_a_live_shopper_s_delivery_is_taken_instead() -> None:
    run("""
        flags.values[SHADOW] = False
        live = beside(layer, provider="evolution", instead=lambda delivery, taken: HttpResponse(b"taken"))
        urlpatterns.append(path("live/<instance>", live(fail)))
        status, _, content = post("/live/north")
        assert (status, content) == (200, b"taken")
        assert candidate.bodies == [BODY] and new() == []
    """)


def test_the_middleware_is_beside_every_view_of_its_paths() -> None:
    run(
        """
        for send in (post, post_async):
            for view in VIEWS:
                beside_it = send(f"/bare/{view.__name__}/north")
                flags.values[EVENTS] = False
                assert send(f"/bare/{view.__name__}/north") == beside_it
                flags.values[EVENTS] = True
                found = new()
                assert len(found) == (view not in UNREAD), view
                assert all((each.body, each.instance, each.shopper_id) == (BODY, "north", "s-1") for each in found)
        assert post("/elsewhere")[0] == 404
        assert Client().get("/bare/read_body/x").status_code == 200
        assert new() == []
        """,
        "['rollout_cli.pipeline.adapters.django.CompatMiddleware', 'django.middleware.common.CommonMiddleware']",
    )


def test_a_setting_that_cannot_be_meant_is_refused_in_words() -> None:
    run("""
        from django.core.exceptions import ImproperlyConfigured
        from django.test import override_settings
        sound = {"LAYER": layer, "ROUTES": {}}
        for setting in (None, {}, {"LAYER": layer}, sound | {"LAYRE": 1}, sound | {"LAYER": 7},
                        sound | {"ROUTES": {"/": "pigeon"}}):
            with override_settings(ROLLOUT_COMPAT=setting):
                try:
                    CompatMiddleware(lambda request: None)
                except ImproperlyConfigured as error:
                    assert "ROLLOUT_COMPAT" in str(error)
                else:
                    raise AssertionError(setting)
        with override_settings(ROLLOUT_COMPAT=sound | {"LAYER": "__main__.layer"}):
            CompatMiddleware(lambda request: None)
    """)
