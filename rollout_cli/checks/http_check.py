"""Kind `http`: does a service answer as it should?"""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.http_fields import HeaderName, HeaderValue, PathText, UrlField
from rollout_cli.checks.networks import AddressField
from rollout_cli.checks.numbers import number_text
from rollout_cli.checks.patterns import PatternField, matches
from rollout_cli.checks.pointers import PointerField, at_pointer
from rollout_cli.checks.questions import Answers, HttpQuestion, HttpReply, NoAnswer, Questions, reply_to
from rollout_cli.checks.shown import shown_pattern
from rollout_cli.checks.strict_json import strict_json
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.fields import DurationField, Slug
from rollout_cli.plan.models import CheckEntry, FileModel

StatusCode = Annotated[int, Field(ge=100, le=599)]


class HttpCheck(FileModel):
    """Asks a service for one answer: its status, its body, how long it took."""

    url: UrlField | None = Field(default=None, description="Where to ask.")
    source: Slug | None = Field(default=None, description="Instead of `url`: an `http` source of `sources.yaml`.")
    path: PathText = Field(default="/", description="Below the source's address.")
    method: Literal["GET", "HEAD", "POST"] = Field(default="GET", description="How to ask.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default={}, description="Headers that are no secrets; a secret belongs to a source."
    )
    body: str = Field(default="", max_length=100_000, description="What a POST sends.")
    addresses: list[AddressField] = Field(
        default=[], description="Private addresses and networks that may be reached; no others are."
    )
    status: list[StatusCode] = Field(default=[200], min_length=1, description="The status codes that pass.")
    contains: PatternField | None = Field(default=None, description="A pattern (RE2) that must be in the body.")
    absent: PatternField | None = Field(default=None, description="A pattern that must not be in the body.")
    pointer: PointerField | None = Field(default=None, description="A place in a JSON body, like `/status`.")
    equals: str | int | float | bool | None = Field(default=None, description="What must stand at the pointer.")
    within: DurationField | None = Field(
        default=None, description="How long an answer that came may have taken; `timeout` is what ends the waiting."
    )
    unreachable: Literal["inconclusive", "fail"] = Field(
        default="inconclusive", description="What it means when nobody answers there."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "HttpCheck":
        if (self.url is None) == (self.source is None):
            raise ValueError("say one of `url` and `source`")
        if (self.pointer is None) != (self.equals is None):
            raise ValueError("`pointer` and `equals` go together")
        if self.body and self.method != "POST":
            raise ValueError("only a POST has a `body`")
        if self.method == "HEAD" and (self.contains or self.absent or self.pointer is not None):
            raise ValueError("the answer to a HEAD has no body to look into")
        if self.url is not None and "path" in self.model_fields_set:
            raise ValueError("a `path` is below a source: with `url`, write it there")
        if len({name.lower() for name in self.headers}) < len(self.headers):
            raise ValueError("a header is said twice")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """One request."""
        return {
            "reply": HttpQuestion(
                self.url or "", self.source or "", self.path, self.method, self.headers, self.body,
                tuple(self.addresses),
            )
        }  # fmt: skip

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Look at the status, then the body, then the time. A body that cannot be read says nothing either way."""
        silence = answers["reply"]
        if isinstance(silence, NoAnswer):
            return self._unanswered(silence)
        reply = reply_to("reply", answers, HttpReply)
        most = None if self.within is None else self.within.total_seconds() * 1000
        took = say("{status} in {time} ms", status=reply.status, time=number_text(reply.seconds * 1000, most))
        evidence: dict[str, object] = {
            "status": reply.status,
            "seconds": round(reply.seconds, 4),
            "bytes": len(reply.body),
        }
        try:
            wrong = self._wrong(reply)
        except _UnreadableError:
            message = say("{took}; {wrong}", took=took, wrong=say("the answer is no proper JSON"))
            hint = say("see what listens there: a proxy or a login page?")
            return unclear(Cause.BAD_ANSWER, message, hint, evidence)
        if wrong is None:
            return passed(took, evidence)
        message = say("{took}; {wrong}", took=took, wrong=wrong)
        return failed(message, say("look at the service's log at that time"), evidence)

    def _unanswered(self, silence: NoAnswer) -> Outcome:
        evidence = {"cause": silence.cause.value}
        if self.unreachable == "fail" and silence.cause in {Cause.UNREACHABLE, Cause.TIMEOUT}:
            return failed(silence.message, silence.hint, evidence)
        return unclear(silence.cause, silence.message, silence.hint, evidence)

    def _wrong(self, reply: HttpReply) -> Said | None:
        if reply.status not in self.status:
            return say("wanted {status}", status=", ".join(map(str, self.status)))
        text = reply.body.decode("utf-8", "replace")
        if self.contains is not None and not matches(self.contains, text):
            return say("the body does not contain {pattern}", pattern=shown_pattern(self.contains))
        if self.absent is not None and matches(self.absent, text):
            return say("the body contains {pattern}", pattern=shown_pattern(self.absent))
        if self.pointer is not None and (wrong := self._wrong_at(self.pointer, text)):
            return wrong
        if self.within is not None and reply.seconds > self.within.total_seconds():
            return say("wanted within {limit} ms", limit=number_text(self.within.total_seconds() * 1000))
        return None

    def _wrong_at(self, pointer: str, text: str) -> Said | None:
        found = _value_at(pointer, text)
        if found is _MISSING:
            return say("there is nothing at {pointer}", pointer=pointer)
        if _same(self.equals, found):
            return None
        return say("{pointer} is not {wanted}", pointer=pointer, wanted=json.dumps(self.equals))


class _UnreadableError(Exception):
    """A body that is no JSON, or one that says two things at once: nothing can be said about a place in it."""


_MISSING = object()


def _value_at(pointer: str, text: str) -> Any:
    try:
        document = strict_json(text)
    except ValueError:
        raise _UnreadableError from None
    try:
        return at_pointer(document, pointer)
    except LookupError:
        return _MISSING


def _same(wanted: Any, found: Any) -> bool:
    """Equal, and of one type: `1` is not `true`."""
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)
