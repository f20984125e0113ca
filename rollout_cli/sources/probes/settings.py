"""What the probes have to know of the project: its folder, its environment, its sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from rollout_cli.checks.questions import NoAnswer
from rollout_cli.checks.sources_file import OWN_STORE, SourceEntry, SourcesFile
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.secrets import Secrets, secrets_in


@dataclass(frozen=True, slots=True)
class OwnStore:
    """The rollout's own store.

    Attributes:
        url: as SQLAlchemy has it, when it is no file.
        path: of its SQLite file.
        schema: the migration that this program expects in it.
        version_table: where its migration stands.
    """

    url: URL
    path: Path | None
    schema: str
    version_table: str


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """A project as the probes see it."""

    folder: Path
    environment: Mapping[str, str]
    sources: SourcesFile
    store: OwnStore | None = None

    def source(self, name: str, *kinds: str) -> SourceEntry | NoAnswer:
        """A source by its name, if it is of one of these kinds."""
        entry = self.sources.sources.get(name)
        if entry is None:
            message = say("there is no source {name}", name=name)
            return NoAnswer(Cause.NOT_SET_UP, message, say("declare it in sources.yaml"))
        if entry.kind not in kinds:
            message = say("the source {name} is of kind {kind}", name=name, kind=entry.kind)
            return NoAnswer(Cause.NOT_SET_UP, message, say("ask a source of kind {kinds}", kinds=" / ".join(kinds)))
        return entry

    def address_of(self, name: str, entry: SourceEntry) -> str | NoAnswer:
        """A source's address: from the environment when it is said there, else from the file."""
        address = self.environment.get(entry.url_env or "", "").strip() or entry.url
        if address:
            return address
        message = say("the source {name} has no address", name=name)
        return NoAnswer(
            Cause.NOT_SET_UP, message, say("set {variable} to its address", variable=entry.url_env or "url")
        )

    def secrets_of(self, name: str) -> Secrets:
        """What must not come back from a source: its secret headers, the password in its address."""
        entry = self.sources.sources.get(name)
        if entry is None:
            return secrets_in([str(self.store.url.password or "")] if name == OWN_STORE and self.store else [])
        variables = [*entry.header_env.values(), *filter(None, [entry.url_env])]
        return secrets_in(self.environment.get(each, "") for each in variables)

    def variables(self, wanted: Mapping[str, str]) -> dict[str, str] | NoAnswer:
        """Headers whose values are in environment variables, filled in."""
        missing = [variable for variable in wanted.values() if not self.environment.get(variable)]
        if missing:
            message = say("{variable} is not set", variable=missing[0])
            return NoAnswer(Cause.NOT_SET_UP, message, say("set it where the checks run"))
        return {header: self.environment[variable] for header, variable in wanted.items()}
