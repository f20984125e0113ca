"""Kind `migrations`: is a database's schema there, as the new path needs it?"""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.questions import Answers, Questions, TableSeen, TablesQuestion, TablesSeen, reply_to
from rollout_cli.checks.questions import UnansweredError as _Unanswered
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, listed, say
from rollout_cli.plan.fields import Slug
from rollout_cli.plan.models import CheckEntry, FileModel

DatabaseName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$.]{0,127}$")]
MigrationName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}[.][A-Za-z0-9_]{1,200}$")]
_MOST_SHOWN = 5


class IndexEntry(FileModel):
    """An index that has to be there."""

    table: DatabaseName = Field(description="The table it belongs to.")
    name: DatabaseName | None = Field(default=None, description="Its name.")
    unique: list[DatabaseName] = Field(
        default=[], description="Instead of a name: the columns that together are unique, by an index or a constraint."
    )

    @model_validator(mode="after")
    def _is_named(self) -> "IndexEntry":
        if (self.name is None) == (not self.unique):
            raise ValueError("say one of `name` and `unique`")
        return self


class MigrationsCheck(FileModel):
    """Asks a database whether tables, indexes and migrations are there."""

    source: Slug = Field(default="store", description="A `sql` source of `sources.yaml`; `store` is the rollout's own.")
    tables: list[DatabaseName] = Field(default=[], description="Tables that have to be there.")
    indexes: list[IndexEntry] = Field(default=[], description="Indexes that have to be there.")
    head: str | None = Field(default=None, min_length=1, max_length=64, description="Alembic's head revision.")
    version_table: DatabaseName = Field(default="alembic_version", description="Where Alembic keeps it.")
    applied: list[MigrationName] = Field(default=[], description="Django's migrations, as `app.0001_name`.")

    @model_validator(mode="after")
    def _asks_something(self) -> "MigrationsCheck":
        if self.source != "store" and not (self.tables or self.indexes or self.head or self.applied):
            raise ValueError("say at least one of tables, indexes, head, applied")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """One look at the schema."""
        tables = dict.fromkeys([*self.tables, *(index.table for index in self.indexes)])
        version_table = self.version_table if self.head is not None else ""
        return {"schema": TablesQuestion(self.source, tuple(tables), version_table, with_django=bool(self.applied))}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Everything that is missing, at once; where migrations are not kept count of, nobody can say."""
        try:
            seen = reply_to("schema", answers, TablesSeen)
        except _Unanswered as error:
            return error.outcome
        missing = [*self._missing(seen), *self._missing_migrations(seen)]
        evidence = {
            "source": self.source,
            "tables": sorted(seen.tables),
            "versions": sorted(seen.versions or ()),
            "missing": [str(each) for each in missing],
        }
        if missing:
            message = say("missing: {things}", things=_first(missing))
            return failed(message, say("apply the migrations where {source} is", source=self.source), evidence)
        if self._is_silent(seen):
            message = say("{source} does not say which migrations it has", source=self.source)
            hint = say("its version table is not there: apply the migrations, or name the table")
            return unclear(Cause.NO_DATA, message, hint, evidence)
        return passed(say("{source} has {things}", source=self.source, things=listed(self._there(seen))), evidence)

    def _is_silent(self, seen: TablesSeen) -> bool:
        """Whether it is asked about migrations, and there is nothing to know them by."""
        if self.head is not None or seen.known is not None:
            return seen.versions is None or (bool(self.applied) and seen.applied is None)
        return seen.applied is None if self.applied else not (self.tables or self.indexes)

    def _missing(self, seen: TablesSeen) -> list[Said]:
        found = [say("table {name}", name=name) for name in self.tables if name not in seen.tables]
        for index in self.indexes:
            table = seen.tables.get(index.table, TableSeen())
            if index.name is not None and index.name not in table.indexes:
                found.append(say("index {name}", name=index.name))
            elif index.unique and tuple(sorted(index.unique)) not in table.unique:
                found.append(
                    say("uniqueness of {table} ({columns})", table=index.table, columns=", ".join(index.unique))
                )
        return found

    def _missing_migrations(self, seen: TablesSeen) -> list[Said]:
        """Those that a version table shows not to be there."""
        found = []
        wanted = self.head or seen.known
        if wanted and seen.versions is not None and wanted not in seen.versions:
            found.append(say("migration {name}", name=wanted))
        if seen.applied is not None:
            found += [say("migration {name}", name=name) for name in self.applied if name not in seen.applied]
        return found

    def _there(self, seen: TablesSeen) -> list[Said]:
        found = [_counted_tables(len(self.tables))] if self.tables else []
        if self.indexes:
            found.append(_counted_indexes(len(self.indexes)))
        if self.head or seen.known:
            found.append(say("migration {name}", name=self.head or seen.known))
        applied = [say("migration {name}", name=name) for name in self.applied]
        return [*found, _first(applied)] if applied else found


def _first(things: list[Said]) -> Said:
    """The first things, and how many more there are."""
    more = len(things) - _MOST_SHOWN
    return listed([*things[:_MOST_SHOWN], say("and {count} more", count=more)] if more > 0 else things)


def _counted_tables(count: int) -> Said:
    return say("1 table") if count == 1 else say("{count} tables", count=count)


def _counted_indexes(count: int) -> Said:
    return say("1 index") if count == 1 else say("{count} indexes", count=count)
