"""The new path beside this project's webhooks: put together once a process, with the first request."""

from functools import cache

from django.conf import settings

import rollout_cli
from rollout_cli.new_path import Installation, open_new_path
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam
from rollout_cli.pipeline.shoppers import ByInstance
from rollout_cli.pipeline.signals import Signal

TEAM = SkmTeam(default="skm-ana", members=(Skm("skm-ana"), Skm("skm-bia")))


@cache
def new_path() -> Installation:
    """The new path, with a subscriber. `rollout_cli` itself answers for the flags: `feature_flags` has connected it."""
    wanted = settings.NEW_PATH
    installation = open_new_path(wanted["EVENTS"], rollout_cli, teams=FixedTeams({}, otherwise=TEAM), create=True)
    if installation.signals is not None:
        installation.signals.connect("shop", heard, types=("whatsapp.conversation.", "whatsapp.thread."))
        installation.signals.start()
    return installation


@cache
def layer() -> CompatLayer:
    """What `ROLLOUT_COMPAT` in the settings names."""
    return new_path().beside(shoppers=ByInstance(settings.NEW_PATH["SHOPPERS"]), spool=settings.NEW_PATH["SPOOL"])


def heard(signal: Signal) -> None:
    """A conversation was opened, closed, or has somebody who serves it. Here an application does what it has to."""
