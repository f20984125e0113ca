"""How the client stands, for monitoring."""

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse

from rollout_cli.client import client


def health(_request: HttpRequest) -> JsonResponse:
    """Who answers, how old that is, and what is wrong.

    Always 200: a process with stale answers still answers, and taking it out of service would help nobody.
    """
    return JsonResponse(asdict(client().health()))
