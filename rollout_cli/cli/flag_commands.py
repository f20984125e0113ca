"""flags list, show, set, allow, deny, undeny."""

from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.arguments import percent_argument, shopper_id
from rollout_cli.cli.completion import complete_flags, complete_values
from rollout_cli.cli.session import Session, command, command_group, example_text
from rollout_cli.errors import ExitCode, UsageError
from rollout_cli.sources.surroundings import unicode_text

if TYPE_CHECKING:
    from rollout_cli.control.manual import Edit
    from rollout_cli.control.standing import Standing
    from rollout_cli.flags.model import Snapshot

FlagArgument = Annotated[str, typer.Argument(metavar="FLAG", help="The flag's name.", autocompletion=complete_flags)]
AnyFlagArgument = Annotated[
    str | None, typer.Argument(metavar="FLAG", help="The flag's name; else all.", autocompletion=complete_flags)
]
IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="One or several shoppers.")]
ShopperOption = Annotated[list[str] | None, typer.Option("--shopper", metavar="ID", help="The same as ID.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the history.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    name = "WHATSAPP_ROUTING_ENABLED"
    examples = ("rollout flags list", f"rollout flags deny {name} shopper_7 --reason 'ticket 123'")
    flags = command_group("flags", "Look at flags; change them by hand, audited.", epilog=example_text(examples))
    command(flags, "list", examples=("rollout flags list --format json",))(list_flags)
    command(flags, "show", examples=(f"rollout flags show {name}",))(show)
    setting = (
        f"rollout flags set {name} --percent 5 --reason 'one more day'",
        f"rollout flags set {name} --off",
        "rollout flags set WHATSAPP_ASSIGNMENT_POLICY --value sticky",
    )
    command(flags, "set", examples=setting)(set_flag)
    command(flags, "allow", examples=(f"rollout flags allow {name} shopper_7 --reason 'joins the beta'",))(allow)
    command(flags, "deny", examples=(f"rollout flags deny {name} shopper_7 shopper_8 --reason 'ticket 123'",))(deny)
    taking_back = (f"rollout flags undeny {name} shopper_7", "rollout flags undeny --shopper shopper_7")
    command(flags, "undeny", examples=taking_back)(undeny)
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
        str | None,
        typer.Option(
            "--value", metavar="V", help="What a string flag says where it is on.", autocompletion=complete_values
        ),
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
    standing, blank = _standing(session, flag)
    edit = setting_edit(standing.actual(blank).snapshot, flag, setting)
    return _change(session, standing, blank, flag, edit, "set", reason, yes)


def allow(
    session: Session, flag: FlagArgument, ids: IdsArgument = None, shopper: ShopperOption = None,
    reason: ReasonOption = "", yes: YesOption = False,
) -> int:  # fmt: skip
    """Put shoppers on a flag's allowlist. This is drift: put them into the phase file, too."""
    from rollout_cli.control.manual import allow_edit

    edit = allow_edit(_ids(ids, shopper, "allow"))
    standing, blank = _standing(session, flag)
    return _change(session, standing, blank, flag, edit, "allow", reason, yes)


def deny(
    session: Session, flag: FlagArgument, ids: IdsArgument = None, shopper: ShopperOption = None,
    reason: ReasonOption = "", yes: YesOption = False,
) -> int:  # fmt: skip
    """Keep shoppers off a flag, through every move, until `undeny`."""
    from rollout_cli.control.manual import deny_edit

    edit = deny_edit(_ids(ids, shopper, "deny"))
    standing, blank = _standing(session, flag)
    return _change(session, standing, blank, flag, edit, "deny", reason, yes)


def undeny(
    session: Session, flag: AnyFlagArgument = None, ids: IdsArgument = None, shopper: ShopperOption = None,
    reason: ReasonOption = "", yes: YesOption = False,
) -> int:  # fmt: skip
    """Take back a denial made by hand; with --shopper alone on every flag, as after `rollback --shopper`."""
    from rollout_cli.control.manual import denied_by_file, undeny_edit, undeny_everywhere_edit

    who = _ids(ids, shopper, "undeny")
    standing, blank = _standing(session, flag)
    edit = undeny_everywhere_edit(who) if flag is None else undeny_edit(who)
    code = _change(session, standing, blank, flag, edit, "undeny", reason, yes)
    if flag is None and standing.latest is not None:
        for name, denied in denied_by_file(standing.latest.draft.snapshot, who).items():
            session.out.complain(f"warning: {name} stays off for {', '.join(denied)}: the phase file denies them")
    return code


def _show(session: Session, only: str | None) -> int:
    from rollout_cli.control.manual import flags_report
    from rollout_cli.render.status_text import flags_lines

    standing, blank = _standing(session, only)
    report = flags_report(standing.actual(blank).snapshot, only)
    session.out.report("flags", report, flags_lines(report))
    return ExitCode.DONE


def _standing(session: Session, flag: str | None) -> "tuple[Standing, Snapshot]":
    """How the rollout stands, and the flags as they are declared; the named one must be among them."""
    from rollout_cli.cli.spelling import unknown
    from rollout_cli.cli.standing import known_flags, standing_of

    blank = known_flags(session)
    standing, _ = standing_of(session, blank.rollout)
    known = {**standing.actual(blank).snapshot.definitions, **blank.definitions}
    if flag is not None and flag not in known:
        raise unknown("flag", flag, known)
    return standing, blank


def _change(
    session: Session,
    standing: "Standing",
    blank: "Snapshot",
    flag: str | None,
    edit: "Edit",
    action: str,
    reason: str,
    yes: bool,
) -> int:
    from rollout_cli.cli.standing import store_for_writing
    from rollout_cli.control.manual import apply_change, changed_report, prepare_change
    from rollout_cli.render.moves_text import change_lines
    from rollout_cli.render.status_text import flags_lines

    actor, why = session.workspace.actor, unicode_text(reason)
    change = prepare_change(standing, blank, flag, edit, action=action, actor=actor, reason=why)
    if change.is_empty:
        report = changed_report(change, applied=False)
    else:
        if session.is_interactive() and not yes:
            session.out.complain(*change_lines(change.changes))
        if not session.confirm("Apply?", yes=yes):
            return ExitCode.INTERRUPTED
        report = apply_change(store_for_writing(session).ledger(change.draft.snapshot.rollout), change)
    session.out.report("flags", report, flags_lines(report), done=report.applied)
    session.warn_killed()
    return ExitCode.DONE


def _ids(ids: list[str] | None, shopper: list[str] | None, action: str) -> frozenset[str]:
    named = [*(ids or []), *(shopper or [])]
    if not named:
        every = "; or --shopper ID alone, for every flag" if action == "undeny" else ""
        raise UsageError("name at least one shopper", hint=f"rollout flags {action} FLAG ID...{every}")
    return frozenset(shopper_id(each) for each in named)
