"""examples/django is a project that runs: Django itself, its settings, a real store."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from time import monotonic, sleep
from typing import Any

import pytest

from rollout_cli.client import application
from rollout_cli.plan.findings import Severity
from tests.support.files import read_files
from tests.support.program import rollout_here, surroundings
from tests.support.projects import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "django"
README = (EXAMPLE / "README.md").read_text(encoding="utf-8")
STATE = r"`(NAME: \{[^`]+\}|(?:denylist|percent|shadow): [^`]+)`(?:,| \||;)"
FLAG = "WHATSAPP_ROUTING_ENABLED"
FLAGS = f"""\
version: 1
rollout: shop
bucketing: md5-mod-100
flags:
  {FLAG}: {{type: boolean, default: false}}
"""
PHASES = {
    "0-beta": f"phase: 0\nname: beta\nflags:\n  {FLAG}: {{enabled: true, allowlist: [shopper-1, '42']}}\n",
    "1-all": f"phase: 1\nname: all\nflags:\n  {FLAG}: {{enabled: true, percent: 30, allowlist: [shopper-1, '42']}}\n",
}

pytest.importorskip("django")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The example as this process's Django project; what it writes goes elsewhere."""
    import django

    folder = tmp_path_factory.mktemp("new-path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROLLOUT_EVENTS_DATABASE_URL", f"sqlite:///{folder}/events.db")
        patch.setenv("ROLLOUT_SPOOL", f"{folder}/spool")
        patch.syspath_prepend(str(EXAMPLE))
        patch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings")
        patch.setenv("ROLLOUT_STORE", f"sqlite:///{EXAMPLE}/there-is-none.db")
        patch.setattr(application, "_client", None)
        django.setup()
        yield
        from webhooks.new_path import new_path

        if new_path.cache_info().currsize:
            new_path().close()
        application.client().close()
        logging.getLogger("rollout").handlers.clear()  # they write to this test's standard error
        logging.getLogger("rollout").setLevel(logging.NOTSET)


@pytest.fixture
def live(project: None, tmp_path: Path) -> Iterator[Path]:
    """A rollout at its first phase, and the project connected to it."""
    from django.test import override_settings

    from tests.support.projects import write_project

    folder = write_project(tmp_path / "shop", FLAGS, PHASES)
    advance(folder, 0)
    with override_settings(ROLLOUT={"STORE": store_of(folder), "ROLLOUT": "shop", "LOG_EVERY": 1}):
        yield folder


def store_of(folder: Path) -> str:
    return f"sqlite:///{folder}/.rollout/rollout.db"


def advance(folder: Path, phase: int) -> None:
    run = rollout_here("advance", "--phase", str(phase), "--force", "--reason", "test", "--yes", cwd=folder)
    assert run.code == 0, run.err


def path_of(shopper: str) -> str:
    """Which path the webhook takes for a shopper."""
    from django.test import Client

    answer = Client().post(f"/webhooks/{shopper}")
    assert answer.status_code == 200
    return str(answer.json()["path"])


def health() -> dict[str, Any]:
    from django.test import Client

    answer: dict[str, Any] = Client().get("/internal/flags").json()
    return answer


def path_becomes(shopper: str, path: str, within: float = 5) -> bool:
    end = monotonic() + within
    while path_of(shopper) != path and monotonic() < end:
        sleep(0.01)
    return path_of(shopper) == path


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=EXAMPLE,
        env=surroundings(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_webhook_hears_of_an_advance_and_of_a_rollback_without_a_restart(live: Path) -> None:
    assert (path_of("shopper-1"), path_of("shopper-2")) == ("canonical", "legacy")
    assert rollout_here("rollback", cwd=live).code == 0
    assert path_becomes("shopper-1", "legacy")
    advance(live, 0)
    assert path_becomes("shopper-1", "canonical")


ALL = """\
version: 1
rollout: shop
flags:
  WHATSAPP_CANONICAL_EVENTS_ENABLED: {type: boolean, default: false}
  WHATSAPP_CANONICAL_SHADOW_MODE: {type: boolean, default: true}
  WHATSAPP_ROUTING_ENABLED: {type: boolean, default: false, requires: [WHATSAPP_CANONICAL_EVENTS_ENABLED]}
"""
SHADOW_THEN_LIVE = {
    "0-shadow": "phase: 0\nname: shadow\nflags:\n  WHATSAPP_CANONICAL_EVENTS_ENABLED: {enabled: true, shadow: true}\n",
    "1-beta": """\
phase: 1
name: beta
flags:
  WHATSAPP_CANONICAL_EVENTS_ENABLED: {enabled: true, allowlist: [shopper_beta_001]}
  WHATSAPP_CANONICAL_SHADOW_MODE: {enabled: false}
  WHATSAPP_ROUTING_ENABLED: {enabled: true, allowlist: [shopper_beta_001]}
""",
}


def evolution_text(number: int, instance: str) -> bytes:
    key = {"remoteJid": "5511970000009@s.whatsapp.net", "fromMe": False, "id": f"3EB0{number:016X}"}
    data = {"key": key, "message": {"conversation": "good morning"}, "messageTimestamp": 1_793_000_000 + number}
    return json.dumps({"event": "messages.upsert", "instance": instance, "data": data}).encode()


def stored() -> list[str]:
    """The types of the events in the example's store, without the example's own word for it."""
    from webhooks.new_path import new_path

    from rollout_cli.store.events.reading import all_events

    store = new_path().store
    assert store is not None
    return [each.event.event_type.removeprefix("whatsapp.") for each in all_events(store)]


def test_the_new_path_runs_beside_a_webhook_that_knows_nothing_of_it(project: None, tmp_path: Path) -> None:
    from django.test import Client, override_settings

    from tests.support.projects import write_project

    folder = write_project(tmp_path / "shop", ALL, SHADOW_THEN_LIVE)
    advance(folder, 0)
    with override_settings(ROLLOUT={"STORE": store_of(folder), "ROLLOUT": "shop"}):
        client, number = Client(), 0

        def deliver(instance: str, body: bytes) -> None:
            answer = client.post(f"/webhooks/evolution/{instance}", body, content_type="application/json")
            assert answer.json() == {"received": len(body)}

        deliver("loja-centro", evolution_text(0, "loja-centro"))
        assert stored() == [], "in shadow nothing is stored"
        advance(folder, 1)
        end = monotonic() + 20
        while not stored() and monotonic() < end:
            number += 1
            for instance in ("loja-centro", "loja-norte"):
                for _ in range(2):
                    deliver(instance, evolution_text(number, instance))
            sleep(0.1)
        while "thread.assigned" not in stored() and monotonic() < end:
            sleep(0.05)
        assert sorted(set(stored())) == ["conversation.opened", "message.inbound", "thread.assigned"]
        assert stored().count("message.inbound") <= number, "each once, and of the other shop none"


def test_the_cohort_of_the_old_module_stays_in(live: Path) -> None:
    from hashlib import md5

    advance(live, 1)
    shoppers = [f"shopper-{number}" for number in range(2, 40)]
    old = {each: int(md5(each.encode()).hexdigest(), 16) % 100 < 30 for each in shoppers}
    first = next(each for each in shoppers if old[each])
    assert path_becomes(first, "canonical")
    assert {each: path_of(each) == "canonical" for each in shoppers} == old


def test_the_old_import_path_answers_as_it_did(live: Path) -> None:
    from core.services.feature_flags.rollout import is_enabled

    assert is_enabled(FLAG, "shopper-1") is True
    assert is_enabled(name=FLAG, shopper_id="shopper-2", default=True) is False
    assert is_enabled(FLAG) is False
    assert is_enabled("NO_SUCH_FLAG", "shopper-1", True) is True
    assert is_enabled("NO_SUCH_FLAG") is False
    assert is_enabled(FLAG, 42) is True, "primary keys are numbers"


def test_the_health_is_json_and_says_when_the_store_is_gone(live: Path) -> None:
    before = health()
    assert (before["source"], before["rollout"], before["revision"], before["stale"]) == ("store", "shop", 1, False)
    store = live / ".rollout" / "rollout.db"
    store.rename(store.with_suffix(".away"))
    end = monotonic() + 5
    while not health()["stale"] and monotonic() < end:
        sleep(0.01)
    after = health()
    assert (after["source"], after["stale"], after["problem"]) == ("store", True, f"there is no store at {store}")
    assert path_of("shopper-1") == "canonical"


def test_the_webhook_takes_deliveries_only(live: Path) -> None:
    from django.test import Client

    assert Client().get("/webhooks/shopper-1").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/webhooks/shopper-1").status_code == 200


def test_decisions_are_logged_without_the_shopper(live: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "rollout.decisions"):
        path_of("shopper-1")
    (line,) = [each.getMessage() for each in caplog.records if "[FEATURE_FLAG]" in each.getMessage()]
    assert line.startswith(f"[FEATURE_FLAG] {FLAG}=true (reason: allowlist) shopper=id-")
    assert "shopper-1" not in line


def test_the_last_known_answers_outlive_a_start_without_the_store(live: Path, tmp_path: Path) -> None:
    from django.test import override_settings

    kept, store = tmp_path / "kept.json", live / ".rollout" / "rollout.db"
    with override_settings(ROLLOUT={"STORE": store_of(live), "LAST_KNOWN_GOOD": kept}):
        end = monotonic() + 5
        while not kept.exists() and monotonic() < end:
            sleep(0.01)
    store.unlink()
    with override_settings(ROLLOUT={"STORE": store_of(live), "LAST_KNOWN_GOOD": str(kept)}):
        assert (path_of("shopper-1"), path_of("shopper-2")) == ("canonical", "legacy")
        assert health()["source"] == "last_known_good"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (None, "need ROLLOUT, a dictionary"),
        ("sqlite:///rollout.db", "need ROLLOUT, a dictionary"),
        ({"STROE": "x"}, "'STROE'"),
        ({"STORE": "rollout.db"}, "sqlite:///rollout.db"),
        ({"STORE": {"url": "postgresql://u:hunter2@db/x"}}, "a URL like .*, not a dict"),
        ({"STORE": "nonesuch://x"}, "there is no driver"),
        ({"ROLLOUT": 7}, "the name in flags.yaml"),
        ({"LAST_KNOWN_GOOD": True}, "a path"),
        ({"LOG_EVERY": 0}, "from 1"),
        ({"LOG_EVERY": True}, "from 1"),
        ({"LOG_EVERY": "10"}, "from 1"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_in_words(live: Path, setting: object, words: str) -> None:
    from django.core.exceptions import ImproperlyConfigured
    from feature_flags.connecting import connect

    before = application.client()
    with pytest.raises(ImproperlyConfigured, match=words) as caught:
        connect(setting)
    assert "hunter2" not in str(caught.value)
    assert application.client() is before
    assert path_of("shopper-1") == "canonical", "the client before goes on"


def test_every_key_of_the_setting_has_its_line_in_the_readme(project: None) -> None:
    from feature_flags.connecting import _MEANING

    assert re.findall(r"^ +\| `([A-Z_]+)` \|", README, re.MULTILINE) == list(_MEANING)


def test_the_old_module_is_compared_with_the_new_one_as_the_readme_says(
    live: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (live / "shoppers.txt").write_text("shopper-1\nshopper-2\n")
    monkeypatch.chdir(live)
    monkeypatch.setattr("core.services.feature_flags.rollout.is_enabled", lambda *_: True)
    exec(compile(dedent(code), "README.md", "exec"), {})
    assert capsys.readouterr().out == "['shopper-2']\n"


def test_what_the_readme_makes_of_a_row_is_a_sound_phase() -> None:
    states = [cell for row in re.findall(r"^\| `\w.*\|$", README, re.MULTILINE) for cell in re.findall(STATE, row)]
    assert len(states) == 5
    for state in states:
        flag = state if state.startswith("NAME: ") else f"NAME: {{enabled: true, {state}}}"
        files = {
            "flags.yaml": "version: 1\nrollout: shop\nflags:\n  NAME: {type: boolean, default: false}\n",
            "phases/0-x.yaml": f"phase: 0\nname: x\nflags:\n  {flag}\n",
        }
        errors = [each for each in read_files(files).findings if each.severity is Severity.ERROR]
        assert errors == [], state


def test_a_start_with_a_wrong_setting_fails_with_the_reason() -> None:
    run = manage("check", ROLLOUT_STORE="rollout.db")
    assert run.returncode != 0
    assert run.stderr.splitlines()[-1].startswith("django.core.exceptions.ImproperlyConfigured: ROLLOUT['STORE']: ")


def test_the_example_is_sound_and_starts_without_a_store(tmp_path: Path) -> None:
    run = manage("check", "--fail-level", "WARNING", ROLLOUT_STORE=f"sqlite:///{tmp_path}/none.db")
    assert (run.returncode, run.stdout) == (0, "System check identified no issues (0 silenced).\n")
