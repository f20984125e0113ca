"""docs/pipeline.md and the README: their examples take deliveries as they stand, and what comes of them is stored."""

import re
from pathlib import Path

import pytest

from tests.docs.running import ran
from tests.support.program import rollout_here
from tests.support.projects import REPOSITORY

PAGE = (REPOSITORY / "docs" / "pipeline.md").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)

SEND = """
import json

def body(number, instance):
    key = {"remoteJid": "5511970000009@s.whatsapp.net", "fromMe": False, "id": f"3EB0AA{number:02}"}
    data = {"key": key, "message": {"conversation": "bom dia"}, "messageTimestamp": 1793000000}
    return json.dumps({"event": "messages.upsert", "instance": instance, "data": data}).encode()
"""
DRIVE_README = """
from example import new_path, receive
assert receive(body(1, "shop-one")) == "ok"
new_path.close(10)
"""
DRIVE_PAGE = """
import logging, time
logging.disable()  # that the comparison finds something is said, and this is no place to say it
OLD = {"messages": [{"id": "3EB0AA09", "text": "", "sender": "5511970000009"}]}
from example import flags, layer, new_path, receive
import compared, instead, metrics, signals, with_process, with_spool
compared.layer.wrap(lambda _: OLD, provider="evolution", instance="shop-north")(body(9, "shop-north"))
compared.new_path.close(10)
for number, take in enumerate((receive, instead.receive, with_process.receive, with_spool.receive)):
    assert take(body(number, "shop-north"), {}) == "ok"
for installation in (new_path, with_process.new_path, with_spool.new_path):
    installation.close(10)
until = time.monotonic() + 20
while any(signals.new_path.signals.lags().values()) and time.monotonic() < until:
    time.sleep(0.05)
signals.new_path.close(10)
page, kind = metrics.metrics_view("text/plain")
assert b"canonical_events_published_count_total" in page
print(sorted(set(signals.crm.heard)))
"""
BEFORE = {
    "instead": "from example import layer, receive\n",
    "with_spool": "from example import flags, open_new_path, receive, shoppers\n"
    'new_path = open_new_path("sqlite:////srv/shop/events.db", flags)\n',
    "compared": """
from example import flags, open_new_path, shoppers
events = "sqlite:////srv/shop/compared.db"
open_new_path(events, flags, create=True).close()
""",
    "signals": """
from example import flags

class Crm:
    def __init__(self):
        self.heard = []

    def put(self, _id, kind):
        self.heard.append(kind)

crm = Crm()
""",
}
WRAP = '\nreceive = layer.wrap(receive, provider="evolution", instance="shop-north")\n'


def example_with(page: str, words: str) -> str:
    """The one example of a page in which some words stand."""
    (found,) = [code for code in PYTHON.findall(page) if words in code]
    return found


def stored(project: Path, events: Path) -> list[str]:
    run = rollout_here("--format", "json", "events", "list", "--events-store", f"sqlite:///{events}", cwd=project)
    return [each["event_type"] for each in run.document["events"]]


def _in_dual_run(project: Path) -> None:
    assert rollout_here("flags", "set", "WHATSAPP_DUAL_RUN", "--on", "--yes", cwd=project).code == 0


@pytest.mark.parametrize("page", [PAGE, README], ids=["page", "readme"])
def test_every_example_is_python(page: str) -> None:
    for code in PYTHON.findall(page):
        compile(code, "example.py", "exec")


def test_what_the_handler_of_the_readme_is_given_is_stored(project: Path) -> None:
    (project / "example.py").write_text(example_with(README, "open_new_path"))
    assert ran(project, "python", "-W", "error", "-c", SEND + DRIVE_README) == ""
    assert "whatsapp.message.inbound" in stored(project, project / ".rollout" / "events.db")


def test_what_the_handlers_of_the_page_are_given_is_stored_and_heard_of(project: Path) -> None:
    beside = example_with(PAGE, "ByHeader(").replace("shopper-1", "shopper_beta_001")
    shoppers = '\nshoppers = ByInstance({"shop-north": "shopper_beta_001"})\n'
    modules = {
        "example": beside + shoppers,
        "instead": BEFORE["instead"] + example_with(PAGE, "instead="),
        "shop.candidate": example_with(PAGE, "# shop/candidate.py").replace(".rollout/events.db", "events.db"),
        "with_process": BEFORE["with_spool"] + example_with(PAGE, "ProcessBacklog(") + WRAP,
        "with_spool": BEFORE["with_spool"] + example_with(PAGE, 'spool="/srv') + WRAP,
        "signals": BEFORE["signals"]
        + example_with(PAGE, "crm.put").replace('types=("', 'from_beginning=True, types=("'),
        "compared": BEFORE["compared"]
        + example_with(PAGE, "DeclaredComparison(facts")
        + "layer = new_path.beside(shoppers=shoppers)\n",
        "metrics": example_with(PAGE, "metrics_view"),
    }
    (project / "shop").mkdir()
    for name, code in modules.items():
        (project / f"{name.replace('.', '/')}.py").write_text(code.replace("/srv/shop", str(project)))
    (rules,) = re.findall(r"```yaml\n(# comparison.yaml.*?)```", PAGE, re.DOTALL)
    (project / "comparison.yaml").write_text(rules)
    _in_dual_run(project)
    said = ran(project, "python", "-W", "error", "-c", SEND + DRIVE_PAGE)
    assert stored(project, project / "events.db").count("whatsapp.message.inbound") == 4
    assert said == "['whatsapp.message.inbound']\n"
    found = rollout_here(
        "--format", "json", "divergences", "--events-store", f"sqlite:///{project}/compared.db", cwd=project
    )
    assert [each["path"] for each in found.document["groups"] if each["kind"] == "field_difference"] == ["message.text"]
