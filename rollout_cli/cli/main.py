"""The entry: runs the app, turns what it raises into one line, a hint and an exit code."""

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from rollout_cli.ending import end_behind, heed
from rollout_cli.errors import ExitCode, RolloutError

COMPLETION_VARIABLE = "_ROLLOUT_COMPLETE"
_NARROWEST, _WIDEST = 30, 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `rollout` and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_standard_streams()
    heed(signal.SIGTERM)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # a lost connection, unless nohup has us stay
        heed(signal.SIGHUP)
    try:
        code = run(given)
    except SystemExit as leaving:  # a signal asked for it
        code = leaving.code if isinstance(leaving.code, int) else ExitCode.CRASH
    try:
        sys.stdout.flush()
    except OSError:  # what could not be written was said when it was tried
        from rollout_cli.cli.output import silence

        silence(sys.stdout)
    _leave(code)


def run(arguments: list[str]) -> int:
    """Run one command line.

    Returns:
        The exit code; see docs/exit-codes.md.
    """
    try:
        return _run(arguments)
    except (KeyboardInterrupt, EOFError):
        return _interrupted()
    except BrokenPipeError:
        from rollout_cli.cli.output import silence

        silence(sys.stdout)
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001 - the last line of defence: a crash is our bug, and says so
        return _failed(error, arguments)


def _run(arguments: list[str]) -> int:
    import typer

    from rollout_cli.cli.app import rollout_command

    app = rollout_command()
    if COMPLETION_VARIABLE in os.environ:
        app.main(arguments, prog_name="rollout", complete_var=COMPLETION_VARIABLE)  # leaves the program
    width = min(max(shutil.get_terminal_size().columns - 2, _NARROWEST), _WIDEST)
    try:
        with app.make_context("rollout", arguments, terminal_width=width) as context:
            result = app.invoke(context)
    except typer.Exit as leaving:
        return ExitCode.USAGE if leaving.exit_code == ExitCode.CRASH else leaving.exit_code
    except typer.TyperException as error:
        return _misused(error)
    return result if isinstance(result, int) else ExitCode.DONE


def _failed(error: Exception, arguments: Sequence[str]) -> int:
    """What cannot be done, unless that is only because it was asked to end meanwhile."""
    end = end_behind(error)
    if isinstance(end, SystemExit):
        return ExitCode.TERMINATED
    if end is not None:
        return _interrupted()
    return _expected(error, arguments) if isinstance(error, RolloutError) else _crash(error, arguments)


def _misused(error: Exception) -> int:
    """A command line that cannot be read; with the option that was probably meant."""
    from rollout_cli.cli.spelling import meant, no_such_number

    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "rollout") if context is not None else "rollout"
    hint = f"see `{path} --help`"
    if hasattr(error, "possibilities"):
        option = str(getattr(error, "option_name", ""))
        close = meant(option.lstrip("-"), {each.lstrip("-"): each for each in error.possibilities or ()})
        _complain(f"there is no option {option} for `{path}`", close or hint)
    else:
        _complain(no_such_number(error) or getattr(error, "format_message", error.__str__)(), hint)
    return ExitCode.USAGE


def _expected(error: RolloutError, arguments: Sequence[str]) -> int:
    from rollout_cli.plan.findings import InvalidFilesError, Severity

    _trace_when_debugging(arguments)
    if isinstance(error, InvalidFilesError):
        from rollout_cli.cli.output import Output
        from rollout_cli.render.findings_text import finding_lines

        output = Output(as_json=False, color="--no-color" not in arguments, quiet=False)
        output.complain(*finding_lines([each for each in error.findings if each.severity is Severity.ERROR]))
    from rollout_cli.cli.language import retold_error

    word, message, hint = retold_error(error, arguments)
    _complain(message, hint, word)
    return error.exit_code


def _crash(error: Exception, arguments: Sequence[str]) -> int:
    _trace_when_debugging(arguments)
    _complain(
        f"this is a bug in rollout: {type(error).__name__}",
        "run it again with --debug and report the traceback; it may hold data of yours",
    )
    return ExitCode.CRASH


def _interrupted() -> int:
    _complain("interrupted; nothing more was done", "")
    return ExitCode.INTERRUPTED


def _trace_when_debugging(arguments: Sequence[str]) -> None:
    if "--debug" in arguments:
        import traceback

        traceback.print_exc()


def _complain(message: str, hint: str, word: str = "error") -> None:
    from rollout_cli.render.visible import visible

    lines = [f"{word}: {visible(message)}", *([f"  -> {visible(hint)}"] if hint else [])]
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def _leave(code: int) -> NoReturn:
    """End the process, whose work is done and whose files are closed, without taking the interpreter down.

    That would free every object first, which takes a tenth of most runs; and a thread that was left behind would wake
    in it, and crash.
    """
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def _open_standard_streams() -> None:
    """Make the three standard streams usable, however the program was started.

    A closed descriptor would be taken by the next file that is opened, and words meant for a person would end up in
    it. The stand-in for a closed stdout can only be read: writing the answer fails loudly, as on a full disk.
    Characters that a stream's encoding does not have are written as escapes.
    """
    for number, name, mode in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            _take_lowest(number, mode)
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _take_lowest(number: int, mode: int) -> None:
    descriptor = os.open(os.devnull, mode)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)


if __name__ == "__main__":
    main()
