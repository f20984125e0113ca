"""Remarks as JUnit XML, the way Jenkins and GitLab read test results: one suite a list, one test case a check."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from rollout_cli.render.remarks import Remark, Remarks, Weight
from rollout_cli.render.visible import visible


def junit_text(remarks: Remarks) -> str:
    """One XML document, in ASCII: a failure for what is held against the whole, an error where nobody can say.

    What has no say is skipped. Characters that XML cannot hold are written as escapes.
    """
    root = ET.Element("testsuites", {"name": f"rollout {remarks.command}"})
    totals = [_add_suite(root, remarks, name, group) for name, group in _suites(remarks)]
    for index, name in enumerate(("tests", "failures", "errors")):
        root.set(name, str(sum(each[index] for each in totals)))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii")


def _suites(remarks: Remarks) -> list[tuple[str, Sequence[Remark]]]:
    """The groups; where nothing failed also the whole, because no result at all counts as a broken build."""
    suites: list[tuple[str, Sequence[Remark]]] = list(remarks.groups())
    if any(_outcome_tag(each) in {"failure", "error"} for each in remarks.remarks):
        return suites
    weight = Weight.PASSED if remarks.is_good else Weight.FAILED
    whole = Remark("verdict", "all", weight, remarks.verdict, counts=True, group="all", message=remarks.summary)
    return [*suites, (whole.group, [whole])]


def _add_suite(root: ET.Element, remarks: Remarks, name: str, group: Sequence[Remark]) -> tuple[int, int, int]:
    """Add one suite. Returns how many tests, failures and errors it has."""
    suite = ET.SubElement(root, "testsuite", {"name": visible(name)})
    if group and all(each.file == name for each in group):
        suite.set("file", visible(name))
    properties = ET.SubElement(suite, "properties")
    for key, value in {**remarks.about, "verdict": remarks.verdict}.items():
        ET.SubElement(properties, "property", {"name": key, "value": visible(value)})
    for remark in group:
        _add_case(suite, remarks, remark)
    counts = [len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error", "skipped")]
    for key, count in zip(("tests", "failures", "errors", "skipped"), (len(group), *counts), strict=True):
        suite.set(key, str(count))
    return len(group), counts[0], counts[1]


def _add_case(suite: ET.Element, remarks: Remarks, remark: Remark) -> None:
    case = ET.SubElement(suite, "testcase", {"name": _case_name(remark), "classname": _class_name(remarks, remark)})
    tag = _outcome_tag(remark)
    if tag is None:
        ET.SubElement(case, "system-out").text = _body(remark)
        return
    outcome = ET.SubElement(case, tag, {"type": visible(remark.rule), "message": visible(remark.message)})
    outcome.text = _body(remark)


def _outcome_tag(remark: Remark) -> str | None:
    if remark.weight is Weight.PASSED:
        return None
    if not remark.counts:
        return "skipped"
    return "failure" if remark.weight is Weight.FAILED else "error"


def _case_name(remark: Remark) -> str:
    """A check's id; a finding's rule and place, because a rule may find several."""
    return visible(f"{remark.name} {remark.line}:{remark.column}" if remark.is_finding else remark.name)


def _class_name(remarks: Remarks, remark: Remark) -> str:
    """`rollout.phase.list`, which viewers show as packages: a dot that stands in a name would be one level more."""
    file = PurePosixPath(remark.file).stem if remark.file else ""
    parts = [file] if remark.group == remark.file else [file, remark.group]
    words = [part.replace(".", "-") for part in parts if part]
    return visible(".".join(["rollout", *(words or [remarks.command])]))


def _body(remark: Remark) -> str:
    place = f"{remark.file}:{remark.line}:{remark.column}" if remark.file else ""
    lines = [f"{remark.word}: {remark.message}", remark.title, f"-> {remark.hint}" if remark.hint else "", place]
    return "\n".join(visible(each) for each in lines if each)
