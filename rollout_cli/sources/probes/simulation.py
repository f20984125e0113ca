"""Runs simulations for checks, each in a process of its own: one that takes too long is ended."""

from dataclasses import asdict

from rollout_cli.checks.questions import NoAnswer, SimulationQuestion, SimulationSeen
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, say
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.plugin_process import host_program, read_object
from rollout_cli.sources.probes.process import Head, Program, TooMuchError, run_program
from rollout_cli.sources.probes.settings import ProbeSettings

_MOST = 1 << 20
_LONGEST = 200
_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")
_HOST = "rollout_cli.simulation.host"


class SimulationProbe:
    """Answers what kind `simulate` asks."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings

    def __call__(self, question: SimulationQuestion, leash: Leash) -> SimulationSeen | NoAnswer:
        """Run it.

        Raises:
            OutOfTimeError: it took too long.
        """
        output = Head(_MOST, _MOST)
        try:
            ended = run_program(self._program(question), leash, output)
        except TooMuchError:
            return _broken(say("the simulation says too much"))
        match read_object(output.kept):
            case {"events": int(events), "kpis": dict(kpis), "without_waits": dict() | None as apart} if all(
                map(_is_value, (*kpis.values(), *(apart or {}).values()))
            ):
                return SimulationSeen(events, kpis, apart)
            case {"refused": str(why)}:
                return _broken(say("it could not be run: {why}", why=redacted(why, _LONGEST)))
        return _broken(say("the simulation ended without an answer: exit status {status}", status=ended.code))

    def _program(self, question: SimulationQuestion) -> Program:
        environment = self._settings.environment
        kept = {name: environment[name] for name in _VARIABLES if name in environment}
        return host_program(asdict(question), kept, self._settings.folder, module=_HOST)


def _is_value(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _broken(message: Said) -> NoAnswer:
    return NoAnswer(Cause.BROKEN, message, say("run `rollout simulate` and see"))
