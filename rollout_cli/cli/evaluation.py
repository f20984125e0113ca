"""evaluate, export."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from rollout_cli.cli.arguments import percent_argument
from rollout_cli.cli.completion import complete_exports, complete_flags
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, RolloutError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollout_cli.flags.decision import Decision
    from rollout_cli.flags.kill import Kills
    from rollout_cli.flags.model import Snapshot
    from rollout_cli.flags.percent import Percent

CHUNK = 4096
"""How many decisions are written at once when many are asked for."""


class Answers(Protocol):
    """Whatever can decide: a compiled snapshot, or the environment."""

    def decide(self, flag: str, key: str | None = None) -> "Decision":
        """Answer one question."""
        ...


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = (
        "rollout evaluate WHATSAPP_ROUTING_ENABLED --shopper shopper_7",
        "rollout evaluate --shopper shopper_7",
        "rollout evaluate WHATSAPP_ROUTING_ENABLED --percent 25 --ids-file shoppers.txt",
    )
    command(app, "evaluate", panel="Look", examples=examples)(evaluate)
    command(app, "export", panel="Look", examples=("rollout export flagd > flags.flagd.json",))(export)


def evaluate(
    session: Session,
    flag: Annotated[
        str | None, typer.Argument(metavar="FLAG", help="The flag's name; else all.", autocompletion=complete_flags)
    ] = None,
    shopper: Annotated[str | None, typer.Option("--shopper", metavar="ID", help="For whom.")] = None,
    ids_file: Annotated[
        str | None, typer.Option("--ids-file", metavar="FILE", help="One id a line; - is stdin.")
    ] = None,
    percent: Annotated[
        str | None, typer.Option("--percent", metavar="P", help="What if the flag were at this percent.")
    ] = None,
) -> int:
    """Explain one decision, or those of all flags; or answer for many ids: id, value and reason, tabs between them."""
    from rollout_cli.cli.spelling import unknown
    from rollout_cli.sources.ids import open_ids

    if shopper is not None and ids_file is not None:
        raise UsageError(
            "--shopper and --ids-file exclude each other", hint="ask for one shopper, or for a file of them"
        )
    if flag is None:
        return _every_flag(session, shopper, is_about_one=ids_file is not None or percent is not None)
    answers, snapshot, limit = _answers(session, flag, percent_argument(percent))
    if flag not in snapshot.definitions:
        session.out.complain(f"warning: there is no flag {flag}; {unknown('flag', flag, snapshot.definitions).hint}")
    if ids_file is None:
        _explain(session, answers.decide(flag, shopper), shopper, limit)
    else:
        with open_ids(ids_file) as ids:
            _stream(session, answers, flag, ids)
    return ExitCode.DONE


def export(
    session: Session,
    target: Annotated[
        str, typer.Argument(metavar="flagd|env|json", help="For which evaluator.", autocompletion=complete_exports)
    ],
) -> int:
    """The state for other evaluators: a flagd definition, environment variables, or plain JSON."""
    from rollout_cli.cli.spelling import unknown
    from rollout_cli.cli.standing import known_flags, standing_of
    from rollout_cli.control.export import EXPORTS

    if target not in EXPORTS:
        raise unknown("export", target, EXPORTS)
    blank = known_flags(session)
    standing, _ = standing_of(session, blank.rollout)
    session.out.raw(EXPORTS[target](replace(standing.actual(blank).snapshot, revision=standing.revision)))
    return ExitCode.DONE


def _every_flag(session: Session, shopper: str | None, *, is_about_one: bool) -> int:
    """What one shopper gets of every flag; with JSON one document a line, as for many ids."""
    from rollout_cli.render.decisions import json_lines
    from rollout_cli.render.findings_text import decisions_lines

    if shopper is None or is_about_one:
        raise UsageError("say which flag", hint="rollout evaluate FLAG; or --shopper ID alone, for every flag")
    answers, snapshot, _ = _answers(session, None, None)
    if session.out.as_json:
        session.out.raw(
            "".join(chunk for name in snapshot.definitions for chunk in json_lines(answers.decide, name, [shopper], 1))
        )
    else:
        decided = [(answers.decide(name, shopper), _percent(snapshot, name)) for name in snapshot.definitions]
        session.out.lines(decisions_lines(decided, shopper))
    return ExitCode.DONE


def _answers(session: Session, flag: str | None, percent: "Percent | None") -> "tuple[Answers, Snapshot, float | None]":
    """Who answers, the flags it knows, and the percent that decides about one of them."""
    from rollout_cli.flags.environment import answers_from_environment
    from rollout_cli.flags.evaluator import Evaluator

    kills = session.workspace.kill_switches.kills
    snapshot, has_store = _snapshot(session, flag, kills)
    if percent is not None and flag is not None and flag in snapshot.definitions:
        state = replace(snapshot.state_of(flag), enabled=True, percent=percent)
        snapshot = replace(snapshot, states={**snapshot.states, flag: state})
    shown = None if flag is None else _percent(snapshot, flag)
    if has_store or percent is not None:
        return Evaluator(snapshot, kills), snapshot, shown
    return answers_from_environment(snapshot, session.workspace.environment, kills), snapshot, shown


def _percent(snapshot: "Snapshot", flag: str) -> float | None:
    from rollout_cli.flags.percent import percent_number

    limit = snapshot.state_of(flag).percent if flag in snapshot.definitions else None
    return None if limit is None else percent_number(limit)


def _snapshot(session: Session, flag: str | None, kills: "Kills") -> "tuple[Snapshot, bool]":
    """The flags as they stand, and whether a store says so. For what is killed no store is needed.

    Args:
        session: of the command.
        flag: what is asked for; None for all.
        kills: what break-glass keeps off.

    Raises:
        RolloutError: the store is needed, and cannot be used.
    """
    from rollout_cli.cli.standing import known_flags, standing_of

    blank = known_flags(session)
    try:
        standing, has_store = standing_of(session, blank.rollout)
    except RolloutError as error:
        if flag not in kills:
            raise
        session.out.complain(f"warning: {error.message}; break-glass answers alone")
        return blank, True
    return standing.actual(blank).snapshot, has_store


def _explain(session: Session, decision: "Decision", shopper: str | None, limit: float | None) -> None:
    from rollout_cli.control.views import decision_view
    from rollout_cli.render.findings_text import decision_lines

    session.out.report("evaluate", decision_view(decision, shopper), decision_lines(decision, shopper, limit))


def _stream(session: Session, answers: Answers, flag: str, ids: "Iterator[str]") -> None:
    """Write decisions in chunks: memory stays flat, and a reader that leaves ends the work."""
    from rollout_cli.render.decisions import json_lines, tab_lines

    writer = json_lines if session.out.as_json else tab_lines
    for chunk in writer(answers.decide, flag, ids, CHUNK):
        if not session.out.raw(chunk):
            return
