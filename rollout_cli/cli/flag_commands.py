"""flags list, show, set, allow, deny, undeny."""

from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.arguments import percent_argument
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rollout_cli.control.manual import Edit
    from rollout_cli.control.standing import Standing
    from rollout_cli.flags.model import Snapshot

FlagArgument = Annotated[str, typer.Argument(metavar="FLAG", help="The flag's name.")]
IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="One or several shoppers.")]
ShopperOption = Annotated[list[str] | None, typer.Option("--shopper", metavar="ID", help="The same as ID.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the history.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    flags = typer.Typer(
        no_args_is_help=True, help="Look at flags; change them by hand, audited.", rich_markup_mode="rich"
    )
    command(flags, "list")(list_flags)
    command(flags, "show", epilog="Example: rollout flags show WHATSAPP_ROUTING_ENABLED")(show)
    command(flags, "set", epilog="Example: rollout flags set NAME --percent 5 --reason 'one more day'")(set_flag)
    command(flags, "allow", epilog="Example: rollout flags allow NAME shopper_7 --reason 'joins the beta'")(allow)
    command(flags, "deny", epilog="Example: rollout flags deny NAME shopper_7 --reason 'ticket 123'")(deny)
    command(flags, "undeny", epilog="Example: rollout flags undeny NAME shopper_7")(undeny)
    app.add_typer(flags, name="flags", rich_help_panel="Move")


def list_flags(session: Session) -> int:
    """Every flag as it stands."""
    return _show(session, None)


def show(session: Session, flag: FlagArgument) -> int:
    """One flag as it stands."""
    return _show(session, flag)


def set_flag(
    session: Session,
    flag: FlagArgument,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Enable it, or not.")] = None,
    percent: Annotated[str | None, typer.Option("--percent", metavar="P", help="The share of shoppers.")] = None,
    no_percent: Annotated[
        bool, typer.Option("--no-percent", help="No percent: for everybody, or the allowlist.")
    ] = False,
    value: Annotated[
        str | None, typer.Option("--value", metavar="V", help="What a string flag says where it is on.")
    ] = None,
    shadow: Annotated[bool | None, typer.Option("--shadow/--no-shadow", help="In shadow only, or not.")] = None,
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> int:
    """Change a flag by hand. This is drift: the next move replaces it by what the files say."""
    from rollout_cli.control.manual import Setting, setting_edit

    if percent is not None and no_percent:
        raise UsageError("--percent and --no-percent exclude each other", hint="say one of them")
    setting = Setting(on, percent_argument(percent), no_percent, value, shadow)
    standing, blank = _standing(session)
    edit = setting_edit(standing.actual(blank).snapshot, flag, setting)
    return _change(session, standing, blank, flag, edit, "set", reason, yes)


def allow(
    session: Session, flag: FlagArgument, ids: IdsArgument = None, shopper: ShopperOption = None,
    reason: ReasonOption = "", yes: YesOption = False,
) -> int:  # fmt: skip
    """Put shoppers on a flag's allowlist. This is drift: put them into the phase file, too."""
    from rollout_cli.control.manual import allow_edit

    standing, blank = _standing(session)
    return _change(session, standing, blank, flag, allow_edit(_ids(ids, shopper)), "allow", reason, yes)


def deny(
    session: Session, flag: FlagArgument, ids: IdsArgument = None, shopper: ShopperOption = None,
    reason: ReasonOption = "", yes: YesOption = False,
) -> int:  # fmt: skip
    """Keep shoppers off a flag, through every move, until `undeny`."""
    from rollout_cli.control.manual import deny_edit

    standing, blank = _standing(session)
    return _change(session, standing, blank, flag, deny_edit(_ids(ids, shopper)), "deny", reason, yes)


def undeny(
    session: Session, flag: FlagArgument, ids: IdsArgument = None, shopper: ShopperOption = None,
    reason: ReasonOption = "", yes: YesOption = False,
) -> int:  # fmt: skip
    """Take back a denial made by hand."""
    from rollout_cli.control.manual import undeny_edit

    standing, blank = _standing(session)
    return _change(session, standing, blank, flag, undeny_edit(_ids(ids, shopper)), "undeny", reason, yes)


def _show(session: Session, only: str | None) -> int:
    from rollout_cli.control.manual import flags_report
    from rollout_cli.render.status_text import flags_lines

    standing, blank = _standing(session)
    report = flags_report(standing.actual(blank).snapshot, only)
    session.out.report("flags", report, flags_lines(report))
    return ExitCode.DONE


def _standing(session: Session) -> "tuple[Standing, Snapshot]":
    from rollout_cli.cli.standing import look
    from rollout_cli.plan.difference import snapshot_at

    blank = snapshot_at(session.workspace.project.wanted, None)
    with look(session) as view:
        return view.standing, blank


def _change(
    session: Session,
    standing: "Standing",
    blank: "Snapshot",
    flag: str,
    edit: "Edit",
    action: str,
    reason: str,
    yes: bool,
) -> int:
    from rollout_cli.cli.standing import store_for_writing
    from rollout_cli.control.manual import apply_change, changed_report, prepare_change
    from rollout_cli.render.moves_text import change_lines
    from rollout_cli.render.status_text import flags_lines

    change = prepare_change(standing, blank, flag, edit, action=action, actor=session.workspace.actor, reason=reason)
    if change.is_empty:
        report = changed_report(change, applied=False)
    else:
        if session.is_interactive() and not yes and not session.out.as_json:
            session.out.lines(change_lines(change.changes))
        if not session.confirm("Apply?", yes=yes):
            session.out.talk("Not applied.")
            return ExitCode.INTERRUPTED
        report = apply_change(store_for_writing(session).ledger(change.draft.snapshot.rollout), change)
    session.out.report("flags", report, flags_lines(report))
    return ExitCode.DONE


def _ids(ids: list[str] | None, shopper: list[str] | None) -> frozenset[str]:
    named = [*(ids or []), *(shopper or [])]
    for each in named:
        if not each or each != each.strip() or not each.isprintable():
            raise UsageError("an id has no spaces around it and no invisible characters", hint="check the quotes")
    if not named:
        raise UsageError("name at least one shopper", hint="rollout flags allow FLAG ID...")
    return frozenset(named)
