"""Which probe answers which question; each is imported when it is first asked."""

import importlib
from collections.abc import Mapping

from rollout_cli.checks.questions import (
    Answer,
    CommandQuestion,
    FileQuestion,
    HttpQuestion,
    LogQuestion,
    NumberQuestion,
    PluginQuestion,
    Question,
    SimulationQuestion,
    TablesQuestion,
)
from rollout_cli.sources.probes.crew import Crew, Probe
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.settings import ProbeSettings

_PROBES: Mapping[type, tuple[str, str]] = {
    HttpQuestion: ("http", "HttpProbe"),
    NumberQuestion: ("numbers", "NumberProbe"),
    TablesQuestion: ("tables", "TablesProbe"),
    CommandQuestion: ("command", "CommandProbe"),
    FileQuestion: ("files", "FileProbe"),
    LogQuestion: ("log", "LogProbe"),
    PluginQuestion: ("plugins", "PluginProbe"),
    SimulationQuestion: ("simulation", "SimulationProbe"),
}
"""For a question, the module beside this one and the class in it that is made from the settings."""


def crew_for(settings: ProbeSettings) -> Crew:
    """A crew that answers every kind of question about a project."""
    return Crew({kind: _lazily(kind, settings) for kind in _PROBES})


def _lazily(kind: type, settings: ProbeSettings) -> Probe:
    def ask(question: Question, leash: Leash) -> Answer:
        module, name = _PROBES[kind]
        probe: Probe = getattr(importlib.import_module(f"{__package__}.{module}"), name)(settings)
        return probe(question, leash)

    return ask
