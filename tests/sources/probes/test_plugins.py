"""A plugin is asked in a process of its own, and whatever it does there, the answer is in time and fit to be shown."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.checks.kinds import Check
from rollout_cli.checks.questions import Answer, NoAnswer, PluginAnswer, PluginQuestion
from rollout_cli.checks.verdict import Cause, Outcome, Verdict
from rollout_cli.control.project import Reading, read_project
from rollout_cli.plan.findings import Finding
from rollout_cli.sources.probes.crew import Crew
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.plugin_host import answer_to
from rollout_cli.sources.probes.plugins import PluginProbe, installed_plugins, read_answer
from rollout_cli.sources.probes.process import Ended
from rollout_cli.sources.strict_yaml import parse_yaml
from tests.checks.asking import FLAGS, NOW, OFF
from tests.plugins.installing import describe, found_packages, install, install_example
from tests.sources.probes.naughty import NAMES, NAUGHTY
from tests.sources.probes.running import is_gone_soon, our_children, pid_in, settings_for
from tests.support.examples import examples
from tests.support.files import TODAY

ENDED = Ended(0, 0.1)
CONTEXT = {"check_id": "c", "now": NOW.isoformat(), "rollout": "test", "entered_at": None, "flags": {}}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder whose packages are found."""
    with found_packages(tmp_path / "site") as folder:
        yield folder


@pytest.fixture
def naughty(site: Path) -> Path:
    install(site, "naughty", NAUGHTY, {name.replace("_", "-"): f"naughty:{name}" for name in NAMES})
    return site


def reading(text: str) -> Reading:
    """A project with one check, read with the plugins that are installed."""
    flags, _ = parse_yaml("flags.yaml", FLAGS.encode())
    phase, _ = parse_yaml("phases/0-x.yaml", f"phase: 0\nname: x\npreflight:\n  - {{id: c, {text}}}\n".encode())
    assert phase is not None
    return read_project(flags, (phase,), (), TODAY, plugins=installed_plugins())


def check(text: str) -> Check:
    return reading(text).require().checks[0, "preflight"][0]


def errors(text: str) -> list[Finding]:
    return [each for each in reading(text).findings if each.severity == "error"]


def problems(text: str) -> list[str]:
    """What is wrong with such a check, as `line:column message -> hint`."""
    return [as_text(each) for each in errors(text)]


def as_text(error: Finding) -> str:
    return f"{error.line}:{error.column} {error.message} -> {error.hint}"


def facts() -> Any:
    from rollout_cli.checks.facts import Facts

    return Facts(NOW, OFF, OFF, {}, "digest", NOW - timedelta(hours=1))


def asked(text: str, folder: Path, seconds: float = 10) -> Outcome:
    """A check's outcome, its plugin asked for real."""
    one = check(text)
    (question,) = one.kind.questions(one.entry, facts()).values()
    assert isinstance(question, PluginQuestion)
    answer: Answer = PluginProbe(settings_for(folder))(question, Leash(seconds))
    return one.kind.judge(one.entry, facts(), {"plugin": answer})


def no_answer(answer: Answer) -> tuple[Cause, str]:
    assert isinstance(answer, NoAnswer), answer
    assert str(answer.hint)
    return answer.cause, str(answer.message)


def test_the_example_counts_what_waits_in_a_folder_of_the_project(site: Path, tmp_path: Path) -> None:
    install_example(site)
    (tmp_path / "queue").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "queue" / name).touch()
    outcome = asked("kind: queue-depth, folder: queue, max: 3", tmp_path)
    assert (outcome.verdict, str(outcome.message)) == (Verdict.PASS, "3 waiting, at most 3")
    assert outcome.evidence == {"waiting": 3, "max": 3, "rollout": "test"}
    outcome = asked("kind: queue-depth, folder: queue, max: 2", tmp_path)
    assert (outcome.verdict, str(outcome.hint)) == (Verdict.FAIL, "see whether anybody takes them out")
    outcome = asked("kind: queue-depth, folder: nowhere, max: 2", tmp_path)
    assert (outcome.verdict, outcome.cause) == (Verdict.INCONCLUSIVE, Cause.NO_DATA)


def test_its_parameters_are_read_as_strictly_as_ours(site: Path) -> None:
    install_example(site)
    assert problems("kind: queue-depth, folder: queue, max: '3', foldr: x") == [
        "4:52 preflight.0.max: must be a whole number, not text -> write it in digits, without quotes",
        "4:57 preflight.0.foldr: unknown key -> did you mean `folder`?",
    ]
    assert problems("kind: queue-dept, folder: queue") == [
        "4:19 c: there is no kind of check called 'queue-dept' -> did you mean `queue-depth`?"
    ]


def test_a_model_that_does_not_say_how_strict_it_is_is_strict(naughty: Path) -> None:
    assert problems("kind: prints, note: 5") == ["4:33 preflight.0.note: must be text -> put it in quotes: '5'"]
    assert problems("kind: prints, nope: 5") == ["4:27 preflight.0.nope: unknown key -> did you mean `note`?"]


def test_the_plugin_is_told_the_moment_and_finds_the_operators_environment(site: Path, tmp_path: Path) -> None:
    text = (
        "import os, sys\nfrom pydantic import BaseModel\nfrom rollout_cli.checks.plugin import PluginOutcome\n"
        "class P(BaseModel):\n    pass\n"
        "class Plugin:\n    parameters = P\n    def ask(self, p, c):\n"
        "        assert 0 < c.seconds <= 5 and (c.now - c.entered_at).total_seconds() == 3600\n"
        "        return PluginOutcome('PASS', f'{c.check_id} {c.rollout}', evidence={'flags': c.flags,"
        " 'cwd': os.getcwd(), 'word': os.environ['MY_WORD'], 'safe': '' not in sys.path})\n"
        "plugin = Plugin()\n"
    )
    install(site, "telling", text, {"telling": "telling:plugin"})
    one = check("kind: telling")
    (question,) = one.kind.questions(one.entry, facts()).values()
    assert isinstance(question, PluginQuestion)
    answer = PluginProbe(settings_for(tmp_path, environment={"MY_WORD": "hello"}))(question, Leash(5))
    assert isinstance(answer, PluginAnswer), answer
    assert answer.message == "c test"
    assert answer.evidence["word"] == "hello"
    assert answer.evidence["safe"] is True
    assert answer.evidence["cwd"] == str(tmp_path)
    assert answer.evidence["flags"]["S"]["enabled"] is False


def test_a_module_of_the_project_never_stands_in_for_an_installed_one(site: Path, tmp_path: Path) -> None:
    install_example(site)
    project = tmp_path / "project"
    (project / "queue").mkdir(parents=True)
    for name in ("json", "rollout_queue_depth", "pydantic", "rollout_cli", "sitecustomize"):
        (project / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    outcome = asked("kind: queue-depth, folder: queue, max: 3", project)
    assert outcome.verdict is Verdict.PASS
    assert not (tmp_path / "ran").exists()


def test_whatever_a_plugin_does_in_its_process_is_an_answer_in_time(naughty: Path, tmp_path: Path) -> None:
    before, begun = our_children(), time.monotonic()
    expected = {
        "hangs": (Cause.TIMEOUT, "no answer within 3s"),
        "raises": (Cause.BROKEN, "the plugin raised LookupError"),
        "exits": (Cause.BROKEN, "the plugin raised SystemExit"),
        "ends": (Cause.BROKEN, "the plugin ended without an answer: exit status 3"),
        "crashes": (Cause.BROKEN, "the plugin ended by signal 11"),
        "closes": (Cause.BROKEN, "the plugin ended without an answer: exit status 0"),
        "recurses": (Cause.BROKEN, "the plugin raised RecursionError"),
        "writes": (Cause.BAD_ANSWER, "the plugin's answer is no outcome"),
        "floods": (Cause.BAD_ANSWER, "the plugin's answer is too large"),
        "huge": (Cause.BAD_ANSWER, "the plugin's answer is too large"),
        "prints": {"read": ""},
        "forks": {},
        "leaves": {},
    }
    crew = Crew({PluginQuestion: PluginProbe(settings_for(tmp_path))})
    names = list(expected)
    for ticket, name in enumerate(names):
        question = PluginQuestion(name, {"note": str(tmp_path / f"{name}.pid")}, CONTEXT)
        crew.start(ticket, question, 3 if name == "hangs" else 30)
    answers = dict(crew.wait() for _ in names)
    assert time.monotonic() - begun < 30
    seen = {
        names[ticket]: answer.evidence if isinstance(answer, PluginAnswer) else no_answer(answer)
        for ticket, answer in answers.items()
    }
    assert seen == expected
    assert all(is_gone_soon(pid_in(tmp_path / f"{name}.pid")) for name in ("leaves", "hangs"))
    assert all(is_gone_soon(each) for each in our_children() - before)


def test_a_plugin_that_hangs_is_ended_at_the_limit(naughty: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(OutOfTimeError):
        PluginProbe(settings_for(tmp_path))(
            PluginQuestion("hangs", {"note": str(tmp_path / "pid")}, CONTEXT), Leash(0.5)
        )
    assert time.monotonic() - begun < 6


@pytest.mark.parametrize(
    ("name", "cause", "message"),
    [
        ("nothing", Cause.BAD_ANSWER, "the plugin's answer is no outcome"),
        ("a-dict", Cause.BAD_ANSWER, "the plugin's answer is no outcome"),
        ("a-type", Cause.BAD_ANSWER, "the plugin's answer is no outcome"),
        ("no-message", Cause.BAD_ANSWER, "the plugin's answer is no outcome"),
        ("no-evidence", Cause.BAD_ANSWER, "the plugin's answer is no outcome"),
        ("nan", Cause.BAD_ANSWER, "the plugin's evidence is not JSON"),
        ("infinite", Cause.BAD_ANSWER, "the plugin's evidence is not JSON"),
        ("an-object", Cause.BAD_ANSWER, "the plugin's evidence is not JSON"),
        ("some-bytes", Cause.BAD_ANSWER, "the plugin's evidence is not JSON"),
        ("deep", Cause.BAD_ANSWER, "the plugin's evidence is not JSON"),
        ("not-installed", Cause.BAD_ANSWER, "the plugin is gone since the files were read"),
    ],
)
def test_what_is_no_outcome_is_no_answer(naughty: Path, name: str, cause: Cause, message: str) -> None:
    written = answer_to({"kind": name, "parameters": {}, "context": {**CONTEXT, "seconds": 5}})
    assert no_answer(read_answer(written, ENDED, name)) == (cause, message)


@pytest.mark.parametrize("name", ["maybe", "wordless", "invisible", "blank", "colours"])
def test_what_is_no_verdict_is_inconclusive(naughty: Path, name: str) -> None:
    one = check(f"kind: {name}")
    written = answer_to({"kind": name, "parameters": {}, "context": {**CONTEXT, "seconds": 5}})
    outcome = one.kind.judge(one.entry, facts(), {"plugin": read_answer(written, ENDED, name)})
    assert (outcome.verdict, outcome.cause) == (Verdict.INCONCLUSIVE, Cause.BAD_ANSWER)


def test_secrets_and_people_stay_out_of_words_and_evidence(naughty: Path) -> None:
    one = check("kind: secrets")
    written = answer_to({"kind": "secrets", "parameters": {}, "context": {**CONTEXT, "seconds": 5}})
    outcome = one.kind.judge(one.entry, facts(), {"plugin": read_answer(written, ENDED, "secrets")})
    assert str(outcome.message) == "call […] with token=[…]"
    assert str(outcome.hint) == "write to […]"
    assert outcome.evidence == {
        "phone": "[…]", "who": ["[…]"], "api_key": "[…]", "tokens": 5, "waiting": 12840, "bad": "�",
    }  # fmt: skip


def test_secrets_of_the_environment_do_not_come_back(site: Path, tmp_path: Path) -> None:
    text = (
        "import os\nfrom pydantic import BaseModel\nfrom rollout_cli.checks.plugin import PluginOutcome\n"
        "class P(BaseModel):\n    pass\n"
        "class Plugin:\n    parameters = P\n    def ask(self, p, c):\n"
        "        e = os.environ\n"
        "        return PluginOutcome('FAIL', e['SHOP_TOKEN'] + ' here', 'see ' + e['DB_PASSWORD'], {\n"
        "            'a': [e['SHOP_TOKEN'], e['MODE_KEY']], e['DB_PASSWORD']: 1, 'pin': int(e['SECRET_PIN']),\n"
        "            'url': e['DATABASE_URL'].partition('@')[0].rpartition(':')[2], 'word': e['WORD']})\n"
        "plugin = Plugin()\n"
    )
    install(site, "telltale", text, {"telltale": "telltale:plugin"})
    environment = {
        "SHOP_TOKEN": "open sesame", "DB_PASSWORD": "correct-horse", "SECRET_PIN": "4711081", "MODE_KEY": "prod",
        "DATABASE_URL": "postgresql://ana:swordfish@db/x", "WORD": "harmless",
    }  # fmt: skip
    answer = PluginProbe(settings_for(tmp_path, environment=environment))(
        PluginQuestion("telltale", {}, CONTEXT), Leash(10)
    )
    assert isinstance(answer, PluginAnswer), answer
    assert (answer.message, answer.hint) == ("[…] here", "see […]")
    assert answer.evidence == {
        "a": ["[…]", "prod"], "[…]": 1, "pin": "[…]", "url": "[…]", "word": "harmless",
    }  # fmt: skip


ANSWERS = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda each: each.encode("utf-8", "surrogatepass")),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["verdict", "message", "hint", "evidence", "raised", "unusable", "x"]), inner
        ),
        max_leaves=20,
    ).map(lambda each: json.dumps(each).encode()),
)  # fmt: skip


@settings(max_examples=examples(50), deadline=None)
@given(ANSWERS)
def test_whatever_is_written_as_an_answer_is_read_or_refused(written: bytes) -> None:
    answer = read_answer(written, ENDED, "kind")
    assert isinstance(answer, PluginAnswer | NoAnswer)
    if isinstance(answer, PluginAnswer):
        json.dumps(answer.evidence, allow_nan=False)


@pytest.mark.parametrize("value", ["1e999", "NaN", "-Infinity", "[" * 100_000, '"\\ud800"', "1" * 5_000])
def test_evidence_that_json_lets_through_and_we_cannot_keep(value: str) -> None:
    text = f'{{"verdict": "PASS", "message": "m", "hint": "", "evidence": {{"x": {value}}}}}'
    answer = read_answer(text.encode(), ENDED, "kind")
    if isinstance(answer, PluginAnswer):
        assert answer.evidence == {"x": "�"}
    else:
        assert answer.cause is Cause.BAD_ANSWER


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('secret')", "importing it raises ValueError"),
        ("import nowhere_to_be_found", "importing it raises ModuleNotFoundError"),
        ("import sys; sys.exit(0)", "importing it raises SystemExit"),
        ("raise KeyboardInterrupt", "importing it raises KeyboardInterrupt"),
        ("class E(BaseException): pass\nraise E('secret')", "importing it raises E"),
        ("import os; os._exit(0)", "importing it ends the process: exit status 0"),
        ("import os; os.kill(os.getpid(), 9)", "importing it ends the process: signal 9"),
        ("import os, sys; os.write(int(sys.argv[-1]), b'x' * 100_000)", "importing it breaks the line to us"),
        ("this is no Python", "importing it raises SyntaxError"),
        ("x = 1", "importing it raises AttributeError"),
        ("class plugin: parameters = dict", "its `parameters` are no pydantic model"),
        ("plugin = object()", "importing it raises AttributeError"),
        (
            "from pydantic import BaseModel\nclass P(BaseModel):\n    timeout: int\nclass plugin: parameters = P",
            "its parameter `timeout` is a key of every check",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_a_finding_at_its_check(site: Path, body: str, message: str) -> None:
    install(site, "broken", body, {"broken": "broken:plugin"})
    hint = "mend the package broken, or take it off (docs/plugins.md)"
    (error,) = errors("kind: broken")
    assert as_text(error) == f"4:19 c: the kind 'broken' cannot be used: {message} -> {hint}"
    assert error.rule == "unknown-kind"


def test_parameters_that_would_end_us_are_a_finding(site: Path) -> None:
    body = (
        "from pydantic import BaseModel, model_validator\n"
        "class P(BaseModel):\n    @model_validator(mode='before')\n    def f(cls, data):\n        raise SystemExit(0)\n"
        "class plugin: parameters = P\n"
    )
    install(site, "ending", body, {"ending": "ending:plugin"})
    (problem,) = problems("kind: ending")
    assert problem.endswith("mend the plugin: reading them raises SystemExit")


def test_a_kind_that_two_packages_offer_is_a_finding(site: Path) -> None:
    install(site, "one", NAUGHTY, {"twice": "one:prints"})
    describe(site, "other", {"twice": "one:prints"})
    (problem,) = problems("kind: twice")
    assert problem.endswith("several packages offer it: one, other -> uninstall all of them but one")


def test_a_kind_of_ours_cannot_be_taken(site: Path) -> None:
    install(site, "thief", "raise SystemExit", {"flag": "thief:plugin"})
    assert problems("kind: flag, flag: A, enabled: false") == []
    assert "thief" not in sys.modules


MODELS: Mapping[str, tuple[str, str]] = {
    "raises when it reads": (
        "class P(BaseModel):\n    @model_validator(mode='before')\n    def f(cls, data):\n        raise OSError",
        "reading them raises OSError",
    ),
    "has parameters without JSON": (
        "class P(BaseModel):\n    model_config = ConfigDict(arbitrary_types_allowed=True)\n    x: object = object()",
        "they do not survive the way to the plugin as JSON: PydanticSerializationError",
    ),
    "has parameters that change on the way": (
        "class P(BaseModel):\n    x: float = float('inf')",
        "they do not survive the way to the plugin as JSON: ValueError",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_parameters_that_no_plugin_can_be_given_are_a_finding(site: Path, name: str) -> None:
    body, message = MODELS[name]
    head = "from pydantic import BaseModel, ConfigDict, model_validator\n"
    install(site, "model", f"{head}{body}\nclass plugin: parameters = P\n", {"model": "model:plugin"})
    (problem,) = problems("kind: model")
    assert problem.endswith(f"mend the plugin: {message}")


def test_without_plugins_nothing_is_known() -> None:
    assert list(installed_plugins().names()) == []
    assert installed_plugins().model("anything") is None
