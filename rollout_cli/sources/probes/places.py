"""Where checks may look for files: inside the project, and where `sources.yaml` says.

A phase file alone opens nothing else. What it asks about a file comes out in verdicts, one yes or no at a time.
"""

import os
from pathlib import Path

from rollout_cli.checks.questions import NoAnswer
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.settings import ProbeSettings

_OF_THE_SYSTEM = tuple(map(Path, ("/proc", "/sys", "/dev")))
"""Where files are the insides of processes, of the kernel and of devices: never looked into, whatever is allowed."""


def allowed_place(settings: ProbeSettings, path: str) -> Path | NoAnswer:
    """Where a path from the project's folder really leads, all links followed, if checks may look there."""
    real = Path(os.path.realpath(settings.folder / path))
    shown = redacted(path)
    if any(real.is_relative_to(each) for each in _OF_THE_SYSTEM):
        message = say("{path} belongs to the system itself: no check looks there", path=shown)
        return NoAnswer(Cause.FORBIDDEN, message, say("check a file of the project, or one that a service writes"))
    allowed = [str(settings.folder), *(each for each in settings.sources.files if each.startswith("/"))]
    if any(real.is_relative_to(os.path.realpath(each)) for each in allowed):
        return real
    message = say("{path} is outside of the project, where checks do not look", path=shown)
    hint = say("open its folder in sources.yaml: files: [{folder}]", folder=redacted(str(real.parent)))
    return NoAnswer(Cause.FORBIDDEN, message, hint)


def moved_away(path: str, place: Path) -> NoAnswer | None:
    """Refuse what was read when a link on the way was changed meanwhile: nobody knows where it comes from."""
    if os.path.realpath(place) == str(place):
        return None
    message = say("{path} leads elsewhere than a moment ago", path=redacted(path))
    return NoAnswer(Cause.FORBIDDEN, message, say("ask again when nobody moves it"))
