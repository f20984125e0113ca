"""Attestations: who said yes to what, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rollout_cli.render.words import GOOD, QUIET, STRONG, WAIT, Line, Spoken, line, speak

if TYPE_CHECKING:
    from datetime import datetime

    from rollout_cli.control.attest import AttestationView, AttestReport, YesView


def attest_lines(report: "AttestReport", catalog: Spoken) -> Iterator[Line]:
    """Attestations: whether enough people have said yes, who they are, and why a yes does not count."""
    if not report.attestations:
        yield line(speak("The plan asks for no attestation.", catalog))
    for view in report.attestations:
        word, style = _how_far(view, catalog)
        phase = speak("phase {number}", catalog, number=view.phase)
        yield line((f"{word:<8}", style), (view.check, STRONG), f" ({phase})")
        yield from _attestation_details(view, catalog)


def _how_far(view: "AttestationView", catalog: Spoken) -> tuple[str, str]:
    if view.valid:
        return speak("yes", catalog), GOOD
    if view.approvals == 1:
        return speak("open", catalog), WAIT
    return speak("{given} of {needed}", catalog, given=view.given, needed=view.approvals), WAIT


def _attestation_details(view: "AttestationView", catalog: Spoken) -> Iterator[Line]:
    title = (view.title_pt if catalog else "") or view.title
    if title:
        yield line((title, QUIET), indent=8)
    if view.pending is not None:
        words = speak(
            "stands in for a check that waits for {thing}", catalog, thing=catalog.get(view.pending, view.pending)
        )
        yield line((words, QUIET), indent=8)
    if view.revoked is not None and not view.valid:
        who = {"actor": view.revoked.actor, "time": _minute(view.revoked.at)}
        yield line((speak("revoked by {actor} on {time} UTC", catalog, **who), WAIT), indent=8)
        yield from _note_lines(view.revoked.note, catalog)
    for yes in view.yeses:
        yield from _yes_lines(yes, catalog)


def _yes_lines(yes: "YesView", catalog: Spoken) -> Iterator[Line]:
    who = {"actor": yes.actor, "time": _minute(yes.at)}
    if yes.counts and yes.expires_at is not None:
        until = _minute(yes.expires_at)
        yield line(speak("{actor} on {time} UTC, until {end} UTC", catalog, **who, end=until), indent=8)
    else:
        yield line(speak("{actor} on {time} UTC", catalog, **who), indent=8)
    if not yes.counts:
        yield line((speak("does not count: {problem}", catalog, problem=yes.problem), WAIT), indent=8)
    yield from _note_lines(yes.note, catalog)


def _note_lines(note: str, catalog: Spoken) -> Iterator[Line]:
    if note:
        yield line(speak("note: {note}", catalog, note=note), indent=8)


def _minute(moment: "datetime") -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
