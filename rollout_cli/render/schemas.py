"""JSON Schemas, made from the reports and the file models themselves, so that they cannot disagree with them."""

from typing import Any

from pydantic import TypeAdapter

from rollout_cli.checks.sources_file import SourcesFile
from rollout_cli.control.advance import AdvanceReport
from rollout_cli.control.attest import AttestReport
from rollout_cli.control.check import CheckReport
from rollout_cli.control.doctor import DoctorReport
from rollout_cli.control.export import ExportReport
from rollout_cli.control.history import HistoryReport, VerifyReport
from rollout_cli.control.manual import FlagsReport
from rollout_cli.control.plan import PlanReport
from rollout_cli.control.reports import BackupReport, InitReport, SchemaReport, ValidateReport
from rollout_cli.control.rollback import RollbackReport
from rollout_cli.control.status import StatusReport
from rollout_cli.control.views import DecisionView
from rollout_cli.pipeline.dual_run.grouping import DivergencesReport
from rollout_cli.pipeline.reports import (
    ClosedReport,
    DeadLettersReport,
    EventsReport,
    ForgetReport,
    PruneReport,
    ReplayReport,
)
from rollout_cli.plan.models import FileModel, FlagsFile, PhaseFile
from rollout_cli.render.documents import schema_name
from rollout_cli.render.explain_text import ExplainReport
from rollout_cli.simulate.report import SimulationReport
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.whatsapp.schema import event_schema

_FILES: dict[str, type[FileModel]] = {
    "flags.yaml": FlagsFile,
    "phase.yaml": PhaseFile,
    "sources.yaml": SourcesFile,
    "traffic.yaml": Profile,
}
_REPORTS: dict[str, type[Any]] = {
    "advance": AdvanceReport,
    "attest": AttestReport,
    "check": CheckReport,
    "db": SchemaReport,
    "db-backup": BackupReport,
    "divergences": DivergencesReport,
    "doctor": DoctorReport,
    "evaluate": DecisionView,
    "events-close-idle": ClosedReport,
    "events-dead-letters": DeadLettersReport,
    "events-forget": ForgetReport,
    "events-list": EventsReport,
    "events-prune": PruneReport,
    "events-replay": ReplayReport,
    "events-upgrade": SchemaReport,
    "export": ExportReport,
    "flags": FlagsReport,
    "history": HistoryReport,
    "history-verify": VerifyReport,
    "init": InitReport,
    "normalize-explain": ExplainReport,
    "plan": PlanReport,
    "rollback": RollbackReport,
    "simulate": SimulationReport,
    "status": StatusReport,
    "validate": ValidateReport,
}
_EVENT = "canonical-event"
SCHEMAS = frozenset({*_FILES, *_REPORTS, _EVENT})
"""The names of all schemas."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file, or of the document that a command prints."""
    if name == _EVENT:
        return event_schema()
    if name in _FILES:
        return {"$schema": _DIALECT, "title": name, **_FILES[name].model_json_schema()}
    schema = _renamed(TypeAdapter(_REPORTS[name]).json_schema(mode="serialization"))
    schema["properties"] = {"schema": {"const": schema_name(name)}, **schema["properties"]}
    schema["required"] = list(schema["properties"])
    return {"$schema": _DIALECT, **schema, "title": schema_name(name)}


def _renamed(schema: Any) -> Any:
    """Every key and required name as JSON has it: `from_` is `from`."""
    if isinstance(schema, dict):
        renamed = {key.rstrip("_"): _renamed(value) for key, value in schema.items()}
        if "properties" in renamed:
            renamed["required"] = list(renamed["properties"])
            renamed["additionalProperties"] = False
        return renamed
    if isinstance(schema, list):
        return [each.rstrip("_") if isinstance(each, str) else _renamed(each) for each in schema]
    return schema
