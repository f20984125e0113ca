"""The formats that CI systems read."""

from collections.abc import Callable, Mapping

from rollout_cli.control.check import CheckReport
from rollout_cli.control.reports import ValidateReport
from rollout_cli.render.github import github_text
from rollout_cli.render.junit import junit_text
from rollout_cli.render.markdown import markdown_text
from rollout_cli.render.remarks import Remarks, remarks_of
from rollout_cli.render.sarif import sarif_text

_WRITERS: Mapping[str, Callable[[Remarks, str], str]] = {
    "junit": lambda remarks, _: junit_text(remarks),
    "sarif": sarif_text,
    "github": github_text,
    "markdown": lambda remarks, _: markdown_text(remarks),
}


def ci_text(name: str, report: ValidateReport | CheckReport, base: str = "") -> str:
    """A report in one of the formats `junit`, `sarif`, `github` and `markdown`.

    Args:
        name: the format.
        report: what is told.
        base: the project's folder, from the root of the checkout, for the formats that name files to a code host.
    """
    text = _WRITERS[name](remarks_of(report), base)
    return text if text.endswith("\n") else f"{text}\n"
