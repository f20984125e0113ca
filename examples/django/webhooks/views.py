"""A webhook that asks a flag."""

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
