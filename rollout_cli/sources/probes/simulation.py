"""Runs simulations for checks, each in a process of its own: one that takes too long is ended."""

import json
import sys

from rollout_cli.checks.questions import NoAnswer, SimulationQuestion, SimulationSeen
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, say
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.plugin_process import read_object
from rollout_cli.sources.probes.process import Head, Program, TooMuchError, run_program
from rollout_cli.sources.probes.settings import ProbeSettings

_MOST = 1 << 20
_LONGEST = 200
_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")
_BOOT = """\
import json, sys
question = json.load(sys.stdin)
sys.path[:] = question["path"]
from rollout_cli.simulation.host import main
main(question)
"""


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
            case {"events": int(events), "kpis": dict(kpis)} if all(map(_is_value, kpis.values())):
                return SimulationSeen(events, kpis)
            case {"refused": str(why)}:
                return _broken(say("it could not be run: {why}", why=redacted(why, _LONGEST)))
        return _broken(say("the simulation ended without an answer: exit status {status}", status=ended.code))

    def _program(self, question: SimulationQuestion) -> Program:
        document = {
            "path": [each for each in sys.path if each.startswith("/")],
            "flags": question.flags,
            "profile": question.profile,
            "events": question.events,
            "shoppers": question.shoppers,
            "seed": question.seed,
            "is_live": question.is_live,
        }
        environment = self._settings.environment
        return Program(
            path=sys.executable,
            arguments=(sys.executable, "-I" if sys.flags.isolated else "-P", "-c", _BOOT),
            environment={name: environment[name] for name in _VARIABLES if name in environment},
            folder=self._settings.folder,
            question=json.dumps(document).encode(),
            answers_apart=True,
        )


def _is_value(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _broken(message: Said) -> NoAnswer:
    return NoAnswer(Cause.BROKEN, message, say("run `rollout simulate` and see"))
