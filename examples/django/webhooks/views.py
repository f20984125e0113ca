"""Two webhooks: one that asks a flag, and one that knows nothing of the new path, which runs beside it."""

from core.services.feature_flags.rollout import is_enabled
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


@csrf_exempt
@require_POST
def receive(_request: HttpRequest, shopper_id: str) -> JsonResponse:
    """Take a delivery down the new path or the old one."""
    is_new = is_enabled("WHATSAPP_ROUTING_ENABLED", shopper_id)
    return JsonResponse({"path": "canonical" if is_new else "legacy"})


@csrf_exempt
@require_POST
def receive_evolution(request: HttpRequest, instance: str) -> JsonResponse:  # noqa: ARG001 - the old code, as it was
    """What the legacy handler has always done with Evolution's deliveries."""
    return JsonResponse({"received": len(request.body)})
