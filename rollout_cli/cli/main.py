"""The entry: runs the app, turns what it raises into one line, a hint and an exit code."""

import sys
from collections.abc import Sequence

from rollout_cli.errors import ExitCode, RolloutError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `rollout` and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _write_anything(sys.stdout, sys.stderr)
    code = run(given)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        from rollout_cli.cli.output import silence

        silence(sys.stdout)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line.

    Returns:
        The exit code; see docs/exit-codes.md.
    """
    import typer

    from rollout_cli.cli.app import build_app

    app = typer.main.get_command(build_app(arguments))
    try:
        result = app.main(arguments, prog_name="rollout", standalone_mode=False)
    except RolloutError as error:
        return _expected(error, debug="--debug" in arguments)
    except (KeyboardInterrupt, typer.Abort):
        _complain("interrupted; nothing more was done", "")
        return ExitCode.INTERRUPTED
    except typer.TyperException as error:
        _complain(error.format_message(), _usage_hint(error))
        return ExitCode.USAGE
    except BrokenPipeError:
        from rollout_cli.cli.output import silence

        silence(sys.stdout)
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001 - the last line of defence: a crash is our bug, and says so
        return _crash(error, debug="--debug" in arguments)
    return result if isinstance(result, int) else ExitCode.DONE


def _expected(error: RolloutError, *, debug: bool) -> int:
    from rollout_cli.plan.findings import InvalidFilesError

    if debug:
        raise error
    if isinstance(error, InvalidFilesError):
        from rollout_cli.cli.output import Output
        from rollout_cli.render.findings_text import finding_lines

        Output(as_json=False, color="--no-color" not in sys.argv, quiet=False).complain(*finding_lines(error.findings))
    _complain(error.message, error.hint)
    return error.exit_code


def _crash(error: Exception, *, debug: bool) -> int:
    if debug:
        raise error
    _complain(
        f"this is a bug in rollout: {type(error).__name__}",
        "run it again with --debug and report the traceback; it may hold data of yours",
    )
    return ExitCode.CRASH


def _complain(message: str, hint: str) -> None:
    from rollout_cli.render.visible import visible

    lines = [f"error: {visible(message)}", *([f"  -> {visible(hint)}"] if hint else [])]
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        return


def _usage_hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "rollout") if context is not None else "rollout"
    return f"see `{path} --help`"


def _write_anything(*streams: object) -> None:
    """A character that the terminal's encoding does not have is written as an escape, not as a crash."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
