"""`sources.yaml`: what the checks may reach of the outside, and how much of it."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from rollout_cli.checks.http_fields import HeaderName, HeaderValue, VariableName
from rollout_cli.checks.networks import AddressField
from rollout_cli.plan.fields import DurationField, FormatVersion, Slug
from rollout_cli.plan.models import FileModel

OWN_STORE = "store"
"""The name of the source that is always there: the rollout's own store."""

_PASSWORD = re.compile(r"[^:/?#]+://[^/?#@]*:[^/?#]*@")
_PROGRAM = r"^(?:/[^\x00-\x1f]{0,499}|[^\s/\x00-\x1f*?]{1,500})$"
_FOLDER = r"^/[^\x00-\x1f:]{0,499}$"


def _program(text: str) -> str:
    if not re.fullmatch(_PROGRAM, text):
        raise ValueError("a program is named like docker, or by its full path, like /usr/bin/docker")
    return text


def _folder(text: str) -> str:
    if not re.fullmatch(_FOLDER, text):
        raise ValueError("a folder is named by its full path, like /usr/bin")
    return text


ProgramName = Annotated[str, AfterValidator(_program), WithJsonSchema({"type": "string", "pattern": _PROGRAM})]
PlainPath = Annotated[str, StringConstraints(pattern=r"^/[^\x00-\x1f]{1,499}$")]
FolderPath = Annotated[str, AfterValidator(_folder), WithJsonSchema({"type": "string", "pattern": _FOLDER})]


class SourceEntry(FileModel):
    """One source. Its address stands here, or in an environment variable where it differs or is secret."""

    kind: Literal["prometheus", "http", "sql"] = Field(description="What speaks there.")
    url: str | None = Field(
        default=None, min_length=8, max_length=2_000, description="Its address, without a user and a password."
    )
    url_env: VariableName | None = Field(
        default=None, description="The environment variable with its address; when it is set, it counts."
    )
    headers: dict[HeaderName, HeaderValue] = Field(default={}, description="Headers of every request.")
    header_env: dict[HeaderName, VariableName] = Field(
        default={}, description="Headers whose values are in environment variables, like a token."
    )
    addresses: list[AddressField] = Field(
        default=[], description="Private addresses and networks that may be reached; no others are."
    )

    @model_validator(mode="after")
    def _has_an_address(self) -> "SourceEntry":
        if self.url is None and self.url_env is None:
            raise ValueError("say `url`, or `url_env`, or both")
        if self.kind != "sql" and self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("an address begins with http:// or https://, without user and password")
        if self.kind != "sql" and self.url is not None and "@" in self.url.split("/")[2]:
            raise ValueError("no user and password in an address: use `header_env`")
        if self.kind == "sql" and self.url is not None and _PASSWORD.match(self.url):
            raise ValueError("no password in an address: put the whole of it into the variable of `url_env`")
        if self.kind == "sql" and (self.headers or self.header_env or self.addresses):
            raise ValueError("a database has no headers, and its address is reached as it is")
        return self


class CommandsEntry(FileModel):
    """Which programs checks may run."""

    allow: list[ProgramName] = Field(
        default=[], description="Programs by name, found on the path below, or by their full path."
    )
    path: list[FolderPath] = Field(
        default=["/usr/local/bin", "/usr/bin", "/bin"], min_length=1, description="Where programs are found by name."
    )
    environment: list[VariableName] = Field(
        default=[], description="Variables that checks may hand on to programs, which can do with them what they want."
    )


class LimitsEntry(FileModel):
    """How long asking may take."""

    check: DurationField = Field(default=timedelta(seconds=10), description="One check, unless it says its `timeout`.")
    total: DurationField = Field(default=timedelta(seconds=60), description="All checks of a run together.")
    parallel: int = Field(default=8, ge=1, le=16, description="How many questions are asked side by side.")

    @model_validator(mode="after")
    def _leave_time(self) -> "LimitsEntry":
        if not self.check or not self.total:
            raise ValueError("a limit of 0s leaves no time to ask anything")
        return self


class SourcesFile(FileModel):
    """`sources.yaml`: the sources that checks ask, the programs they may run, and their limits."""

    version: FormatVersion = Field(description="The version of this format.")
    sources: dict[Slug, SourceEntry] = Field(default={}, max_length=100, description="The sources, by name.")
    commands: CommandsEntry = Field(
        default=CommandsEntry.model_construct(), description="The programs that checks may run; else none."
    )
    files: list[PlainPath] = Field(
        default=[], description="Files and folders outside of the project that checks may read, by their full path."
    )
    limits: LimitsEntry = Field(default=LimitsEntry.model_construct(), description="How long asking may take.")

    @model_validator(mode="after")
    def _keeps_our_name(self) -> "SourcesFile":
        if OWN_STORE in self.sources:
            raise ValueError(f"`{OWN_STORE}` is the rollout's own store: choose another name")
        return self


NO_SOURCES = SourcesFile.model_construct(version=1)
"""What holds for a project without a `sources.yaml`; made of defaults, so no validator is built for it."""
