"""Settings. `ROLLOUT` is what this example is about; the rest is as small as Django lets it be."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

ROLLOUT = {
    "STORE": os.environ.get("ROLLOUT_STORE", f"sqlite:///{BASE_DIR}/.rollout/rollout.db"),
    "ROLLOUT": None,  # the name in flags.yaml, where the store holds several rollouts
    "LAST_KNOWN_GOOD": BASE_DIR / ".rollout" / "last-known-good.json",
    "LOG_EVERY": 1000,
}

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-this-example")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
INSTALLED_APPS = ["feature_flags"]
MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
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
