"""`rollout gateway --legacy-facts`: what the upstream answers is compared, and nothing of that reaches the provider."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.errors import ExitCode
from rollout_cli.pipeline.delivery import Answer, Delivery, LegacyOutcome
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome, Kind
from rollout_cli.server.gateway.legacy_facts import comparison
from tests.server.gateways import within_time
from tests.server.raw_upstream import RawUpstream, call, listening, post
from tests.server.test_gateway_command import LIVE, SHADOW, UPSTREAM, process
from tests.support.event_stores import NOW, cloud_text
from tests.support.program import rollout_here

FACTS = """
def facts(answer, delivery):
    told = answer.content()
    return [{"kind": "message", "id": told["id"], "message.text": told["text"]}]
"""
TOLD = b'{"id": "wamid.T1", "text": "GOOD MORNING"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(TOLD), TOLD)
COMPARED = ("--provider", "cloud_api", "--shopper", "shopper-1", "--legacy-facts", "shop_facts:facts")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a module of the shop's."""
    (tmp_path / "shop_facts.py").write_text(FACTS)
    return tmp_path


def passed_on(folder: Path, *options: str, **environment: str) -> tuple[bytes, str]:
    """What a gateway answers to one delivery, and what it said until it had ended."""

    async def work() -> tuple[bytes, str]:
        async with listening(RawUpstream(ANSWER)) as upstream:
            with process(folder, "--upstream", upstream.url, *COMPARED, *options, **environment) as (child, address):
                answer = await call(address, post(cloud_text(1)))
                child.send_signal(signal.SIGTERM)
                _, said = await asyncio.to_thread(child.communicate, None, 30)
                return answer, said

    return within_time(work())


def divergences(folder: Path) -> dict[str, Any]:
    return rollout_here("divergences", "--format", "json", cwd=folder).document


def groups(folder: Path) -> list[tuple[str, str]]:
    """What diverges; whether it was late depends on the machine."""
    return [(each["kind"], each["path"]) for each in divergences(folder)["groups"] if each["kind"] != "late"]


def test_in_shadow_what_the_upstream_says_is_compared_and_no_word_of_it_is_said(shop: Path) -> None:
    (shop / "shop_facts.py").write_text(f"print('hello')\n{FACTS}")
    answer, said = passed_on(shop, **SHADOW, WHATSAPP_DUAL_RUN="true")
    assert answer.endswith(TOLD)
    assert divergences(shop)["compared"] == 1
    assert groups(shop) == [("field_difference", "message.text")]
    assert "[DUAL_RUN]" in said
    assert "hello" not in said
    assert "GOOD MORNING" not in said


def test_in_live_it_comes_through_the_spool_and_a_rule_says_what_not_to_mind(shop: Path) -> None:
    rules = "ignore: [{path: message.text, reason: it shouts, expires: 2999-12-31}]\n"
    (shop / "comparison.yaml").write_text(rules)
    passed_on(shop, "--comparison", "comparison.yaml", **LIVE, WHATSAPP_DUAL_RUN="true")
    assert (divergences(shop)["compared"], groups(shop)) == (1, [])


@pytest.mark.heavy
@pytest.mark.parametrize("does", ["raise KeyError('5511970000001')", "import os; os._exit(3)"])
def test_whatever_the_function_does_the_answer_is_the_upstreams_and_a_delivery_is_stored(shop: Path, does: str) -> None:
    (shop / "shop_facts.py").write_text(f"def facts(answer, delivery):\n    {does}\n")
    answer, said = passed_on(shop, **LIVE, WHATSAPP_DUAL_RUN="true")
    assert answer.endswith(TOLD)
    assert "551197" not in said
    listed = rollout_here("events", "list", "--format", "json", cwd=shop).document
    assert [each["event_type"] for each in listed["events"]] == ["whatsapp.message.inbound"]


def fails(response: object, delivery: Delivery) -> None:
    raise KeyError


def leaves(response: object, delivery: Delivery) -> None:
    raise SystemExit


@pytest.mark.parametrize("name", ["no.such:facts", f"{__name__}:fails", f"{__name__}:leaves"])
def test_a_function_that_fails_or_is_gone_since_it_was_tried_is_a_finding_and_holds_nothing_up(name: str) -> None:
    compare = comparison(name, None, b"key")
    delivery = Delivery("cloud_api", b"{}", NOW, legacy=LegacyOutcome(Answer(200), None, 0.5))
    (found,) = compare.compare(delivery, CandidateOutcome((), None, 0.1))
    assert (found.kind, found.path) == (Kind.EXCEPTION, "extract")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--legacy-facts", "shop_facts"), "--legacy-facts 'shop_facts' is no function"),
        (("--legacy-facts", "shop_facts:fact"), "shop_facts:fact cannot be imported: AttributeError"),
        (("--legacy-facts", "shop_that_dies:facts"), "importing shop_that_dies:facts ends the process"),
        (("--comparison", "comparison.yaml"), "--comparison is given, and nothing to compare"),
        (("--legacy-facts", "shop_facts:facts", "--comparison", "none.yaml"), "there is no none.yaml"),
        (("--legacy-facts", "shop_facts:facts", "--comparison", "odd.yaml"), "the rules of the comparison"),
    ],
)
def test_what_cannot_be_meant_is_said_before_it_listens(shop: Path, options: tuple[str, ...], said: str) -> None:
    (shop / "shop_that_dies.py").write_text("import os\nos._exit(0)\n")
    (shop / "odd.yaml").write_text("comparators: [{path: message.txt}]\n")
    run = rollout_here("gateway", *UPSTREAM, "--provider", "cloud_api", *options, cwd=shop)
    assert run.code == ExitCode.USAGE
    assert said in run.err
    assert "\n  -> " in run.err
