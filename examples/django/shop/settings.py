"""Settings. `ROLLOUT` and `NEW_PATH` are what this example is about; the rest is as small as Django lets it be."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

ROLLOUT = {
    "STORE": os.environ.get("ROLLOUT_STORE", f"sqlite:///{BASE_DIR}/.rollout/rollout.db"),
    "ROLLOUT": None,  # the name in flags.yaml, where the store holds several rollouts
    "LAST_KNOWN_GOOD": BASE_DIR / ".rollout" / "last-known-good.json",
    "LOG_EVERY": 1000,
}

NEW_PATH = {
    "EVENTS": os.environ.get("ROLLOUT_EVENTS_DATABASE_URL", f"sqlite:///{BASE_DIR}/.rollout/events.db"),
    "SHOPPERS": {"loja-centro": "shopper_beta_001", "loja-norte": "shopper_002"},  # by Evolution's instance
    "SPOOL": os.environ.get("ROLLOUT_SPOOL", f"{BASE_DIR}/.rollout/spool"),
}
ROLLOUT_COMPAT = {"LAYER": "webhooks.new_path.layer", "ROUTES": {"/webhooks/evolution/{instance}": "evolution"}}

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-this-example")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
INSTALLED_APPS = ["feature_flags"]
MIDDLEWARE = ["rollout_cli.pipeline.adapters.django.CompatMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES: dict[str, object] = {}
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {"rollout": {"handlers": ["console"], "level": "INFO"}},
}
