"""Bounds of KPIs in a file: each in the unit of its KPI, and on the side on which it is bound."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from rollout_cli.checks.bounds import NumberField, ShareField
from rollout_cli.checks.kpis import KPI_BOUNDS, Side
from rollout_cli.plan.fields import KnownKeys, refuse_comma


def _amount(value: Any) -> Any:
    refuse_comma(value)
    if isinstance(value, str) or (isinstance(value, int | float) and value < 0):
        raise ValueError("it is no share: write a number from 0 on, without a sign and without quotes, like 200")
    return value


_AMOUNT = Annotated[NumberField, BeforeValidator(_amount), WithJsonSchema({"type": "number", "minimum": 0})]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Reads a mapping of KPIs to their bounds on one side."""

    side: Side

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        fields = {
            name: core_schema.typed_dict_field(_bound(handler, name, self.side), required=False) for name in KPI_BOUNDS
        }
        return core_schema.typed_dict_schema(fields, extra_behavior="forbid")

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        own = {name: field for name, field in schema["fields"].items() if KPI_BOUNDS[name].side == self.side}
        return handler({**schema, "fields": own})


def _bound(handler: GetCoreSchemaHandler, name: str, side: Side) -> CoreSchema:
    kpi = KPI_BOUNDS[name]
    if kpi.side != side:

        def refuse(_: Any) -> None:
            raise ValueError(f"{name} is bound by `{kpi.side}`")

        return core_schema.no_info_plain_validator_function(refuse)
    return handler.generate_schema(ShareField if kpi.unit == "share" else _AMOUNT)


_KNOWN = KnownKeys(tuple(KPI_BOUNDS))
LeastField = Annotated[dict[str, float], _Bounds("min"), _KNOWN]
"""KPIs, and the least that passes for each."""
MostField = Annotated[dict[str, float], _Bounds("max"), _KNOWN]
"""KPIs, and the most that passes for each."""
