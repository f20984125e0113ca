"""What checks ask of the outside, and what comes back. Values only: asking is somebody else's job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from rollout_cli.checks.verdict import Cause, Evidence, Outcome, unclear
from rollout_cli.checks.words import Said


@dataclass(frozen=True, slots=True)
class HttpQuestion:
    """One request. Either to a URL, or to a path below the address of a source.

    Attributes:
        addresses: private addresses and networks that the plan names, and that may so be reached.
    """

    url: str = ""
    source: str = ""
    path: str = ""
    method: Literal["GET", "HEAD", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What the server said, within the limits of size and time."""

    status: int
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class NumberQuestion:
    """One number from a source: PromQL, one SQL statement, or `PATH#JSON-POINTER` below an HTTP source."""

    source: str
    query: str


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number."""

    value: float


@dataclass(frozen=True, slots=True)
class TablesQuestion:
    """What is in a database: tables, their indexes, and the migrations that were applied.

    Attributes:
        source: a SQL source; `store` is the rollout's own.
        version_table: where Alembic keeps its version.
    """

    source: str
    tables: tuple[str, ...] = ()
    version_table: str = ""
    with_django: bool = False


@dataclass(frozen=True, slots=True)
class TableSeen:
    """A table that is there: its indexes by name, and the sets of columns that are unique, each set sorted."""

    indexes: frozenset[str] = frozenset()
    unique: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True, slots=True)
class TablesSeen:
    """What is there of what was asked for.

    Attributes:
        versions: Alembic's heads; None when there is no version table.
        applied: Django's migrations as `app.name`; None when there is no such table.
        known: the head that this program expects of the rollout's own store; None elsewhere.
    """

    tables: Mapping[str, TableSeen]
    versions: frozenset[str] | None = None
    applied: frozenset[str] | None = None
    known: str | None = None


@dataclass(frozen=True, slots=True)
class CommandQuestion:
    """One program, run without a shell.

    Attributes:
        environment: names of variables that are handed on; nothing else of the environment is.
    """

    arguments: tuple[str, ...]
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """How it ended: a code, or minus the signal that ended it; what it printed, answers and errors as they came.

    Attributes:
        output: as it was printed: to be searched, never to be shown.
        is_cut: whether there was more.
        shown: the same without what the program was told in confidence; all that may be repeated.
    """

    code: int
    output: str = field(repr=False)
    is_cut: bool
    seconds: float
    shown: str = ""


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """A look at a file; its content only when it is wanted."""

    path: str
    wants_content: bool = False


@dataclass(frozen=True, slots=True)
class FileSeen:
    """What is at the path; `nowhere` when there is not even the folder it would be in."""

    what: Literal["nowhere", "nothing", "file", "folder", "something else"]
    size: int = 0
    age_seconds: float = 0.0
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """The last lines of a file, or of what a program prints."""

    path: str = ""
    command: tuple[str, ...] = ()
    lines: int = 1000


@dataclass(frozen=True, slots=True)
class LogSeen:
    """The last lines, oldest first; how old the file is, where it is one.

    Attributes:
        is_cut: whether something that was asked for is missing: earlier lines, or the ends of long ones.
    """

    lines: tuple[str, ...]
    age_seconds: float | None = None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class PluginQuestion:
    """A check that a plugin asks and judges by itself; see `rollout_cli.checks.plugin`."""

    kind: str
    parameters: Mapping[str, Any]
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PluginAnswer:
    """What the plugin made of it."""

    verdict: str
    message: str
    hint: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SimulationQuestion:
    """One run of simulated traffic.

    Attributes:
        flags: the snapshot, as a document.
        profile: what traffic is like, where it is not as usual.
        is_live: whether the new path is on for everybody, whatever the flags say.
    """

    flags: Mapping[str, Any]
    profile: Mapping[str, Any]
    events: int
    shoppers: int
    seed: int
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class SimulationSeen:
    """What a run showed.

    Attributes:
        events: how many there were.
        kpis: the value of each KPI that it can tell; None without data.
        without_waits: of latencies, what they are without what was waited for a processor that other programs had;
            None where the system does not tell.
    """

    events: int
    kpis: Mapping[str, float | None]
    without_waits: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is no answer. Never a reason to pass, and never one to fail."""

    cause: Cause
    message: Said
    hint: Said


Question = (
    HttpQuestion
    | NumberQuestion
    | TablesQuestion
    | CommandQuestion
    | FileQuestion
    | LogQuestion
    | PluginQuestion
    | SimulationQuestion
)  # fmt: skip
Reply = HttpReply | Number | TablesSeen | CommandEnded | FileSeen | LogSeen | PluginAnswer | SimulationSeen
Answer = Reply | NoAnswer
Questions = Mapping[str, Question]
"""What a check asks, each question under a name."""
Answers = Mapping[str, Answer]
"""The answers under the same names."""

NO_QUESTIONS: Questions = {}
_Reply = TypeVar("_Reply", bound=Reply)


class UnansweredError(Exception):
    """A question that the verdict hangs on has no answer; `outcome` says why."""

    def __init__(self, missing: NoAnswer, evidence: Evidence) -> None:
        super().__init__(str(missing.message))
        self.outcome: Outcome = unclear(missing.cause, missing.message, missing.hint, evidence)


def reply_to(name: str, answers: Answers, kind: type[_Reply]) -> _Reply:
    """The reply to a question.

    Raises:
        UnansweredError: there is none.
    """
    answer = answers[name]
    if isinstance(answer, NoAnswer):
        raise UnansweredError(answer, {"question": name, "cause": answer.cause.value})
    if not isinstance(answer, kind):
        raise TypeError(f"{name}: a {type(answer).__name__} does not answer for a {kind.__name__}")
    return answer
