"""Addresses."""

from django.urls import path
from feature_flags.views import health
from webhooks.views import receive, receive_evolution

urlpatterns = [
    path("webhooks/evolution/<str:instance>", receive_evolution),
    path("webhooks/<str:shopper_id>", receive),
    path("internal/flags", health),  # keep it inside: it names the store
]
