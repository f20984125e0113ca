"""Connects the process to the store when Django is ready."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.signals import setting_changed

from feature_flags.connecting import connect


class FeatureFlagsConfig(AppConfig):
    """Reads `ROLLOUT` of the settings; tests that override it are connected anew."""

    name = "feature_flags"
    verbose_name = "Feature flags"

    def ready(self) -> None:
        """Connect. With gunicorn's --preload that happens before the fork; the client knows about forks."""
        connect(getattr(settings, "ROLLOUT", None))
        setting_changed.connect(_connect_anew, dispatch_uid="feature_flags")


def _connect_anew(*, setting: str, value: Any, **_: object) -> None:
    if setting == "ROLLOUT":
        connect(value)
