"""normalize: bodies in, one JSON object a line out; one bad body keeps no other from its events."""

import json
import shutil
import signal
import subprocess
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.cli.normalize_command import PROVIDERS
from rollout_cli.sources.bodies import read_bodies
from rollout_cli.whatsapp import PROVIDERS as ALL_PROVIDERS
from rollout_cli.whatsapp import CanonicalEvent, normalize
from rollout_cli.whatsapp.decoding import MAX_BYTES
from tests.support.program import PROGRAM, Run, rollout_here, rollout_in_shell, surroundings

Rollout = Callable[..., Run]
AT = "2026-10-01T09:30:00-03:00"
RECEIVED_AT = datetime(2026, 10, 1, 12, 30, tzinfo=UTC)
SIMULATED = ("--provider", "simulated", "--received-at", AT)


@pytest.fixture
def rollout(tmp_path: Path) -> Rollout:
    """`rollout` in a folder that is no project."""
    return partial(rollout_here, cwd=tmp_path)


def body(number: int, text: str = "hello") -> dict[str, Any]:
    return {
        "kind": "message.inbound",
        "id": f"m-{number}",
        "from": {"phone": "5541999990101"},
        "message": {"text": text},
    }


def write(folder: Path, name: str, *bodies: Any, indent: int | None = None) -> str:
    (folder / name).write_text("\n".join(json.dumps(each, indent=indent, ensure_ascii=False) for each in bodies))
    return name


def events_of(*bodies: Any, **beside: Any) -> list[CanonicalEvent]:
    data = [json.dumps(each, ensure_ascii=False).encode() for each in bodies]
    return [each for one in data for each in normalize("simulated", one, received_at=RECEIVED_AT, **beside)]


def ids(run: Run) -> list[str]:
    return [json.loads(line)["message"]["message_id"] for line in run.out.splitlines()]


# The answer


def test_a_body_becomes_one_line_for_every_event(rollout: Rollout, tmp_path: Path) -> None:
    batch = {"events": [body(1), body(2, "ção 👍")]}
    run = rollout("normalize", *SIMULATED, write(tmp_path, "a.json", batch))
    assert run.code == 0
    assert run.out == "".join(f"{event.to_json()}\n" for event in events_of(batch))
    assert run.err == "1 body, 2 events, 0 unknown, 0 refused\n"


def test_what_stands_beside_the_body_is_handed_on(rollout: Rollout, tmp_path: Path) -> None:
    told = {"id": "c-1", "at": AT}
    more = {"event": "call", "instance": "store-1", "tenant": "shop"}
    arguments = [word for name, value in more.items() for word in (f"--{name}", value)]
    run = rollout("normalize", *SIMULATED, *arguments, write(tmp_path, "a.json", told))
    assert run.document == events_of(told, **more)[0].to_dict()
    assert run.document["trace"]["idempotency_key"] == "shop:simulated:call:store-1:c-1"


def test_files_are_answered_in_their_order(rollout: Rollout, tmp_path: Path) -> None:
    names = [write(tmp_path, f"{number}.json", body(number)) for number in (3, 1, 2)]
    run = rollout("normalize", *SIMULATED, *names)
    assert ids(run) == ["m-3", "m-1", "m-2"]
    assert run.err == "3 bodies, 3 events, 0 unknown, 0 refused\n"


def test_a_body_of_many_lines_becomes_one_line(rollout: Rollout, tmp_path: Path) -> None:
    run = rollout("normalize", *SIMULATED, write(tmp_path, "a.json", body(1), indent=2))
    (line,) = run.out.splitlines()
    assert json.loads(line) == events_of(body(1))[0].to_dict()


def test_standard_input_is_a_file_among_others(rollout: Rollout, tmp_path: Path) -> None:
    run = rollout("normalize", *SIMULATED, write(tmp_path, "a.json", body(1)), "-", stdin=json.dumps(body(2)))
    assert ids(run) == ["m-1", "m-2"]


def test_every_line_is_a_body_when_asked(rollout: Rollout) -> None:
    lines = [json.dumps(body(number)) for number in range(1, 4)]
    run = rollout(
        "normalize", *SIMULATED, "--lines", "-", stdin="\ufeff" + "\r\n".join([*lines[:2], "", "  ", lines[2]])
    )
    assert (run.code, ids(run)) == (0, ["m-1", "m-2", "m-3"])
    assert run.err == "3 bodies, 3 events, 0 unknown, 0 refused\n"


def test_the_time_of_receipt_is_now_unless_it_is_told(rollout: Rollout) -> None:
    before = datetime.now(UTC)
    run = rollout("normalize", "--provider", "simulated", "-", stdin=json.dumps(body(1)))
    assert before <= datetime.fromisoformat(run.document["occurred_at"]) <= datetime.now(UTC)


def test_what_nobody_knows_is_no_failure_and_is_counted(rollout: Rollout) -> None:
    run = rollout("normalize", *SIMULATED, "-", stdin='{"events": [{"kind": "message.sung"}, {"kind": "call"}]}')
    assert run.code == 0
    assert run.err == "1 body, 2 events, 1 unknown, 0 refused\n"


def test_a_body_that_says_nothing_is_no_failure(rollout: Rollout) -> None:
    run = rollout("normalize", *SIMULATED, "-", stdin='{"events": []}')
    assert (run.code, run.out, run.err) == (0, "", "1 body, 0 events, 0 unknown, 0 refused\n")


def test_quiet_leaves_the_answer_and_the_complaints(rollout: Rollout) -> None:
    run = rollout("normalize", *SIMULATED, "-q", "--lines", "-", stdin=json.dumps(body(1)) + "\n[]\n")
    assert (run.code, ids(run)) == (2, ["m-1"])
    assert run.err.startswith("standard input:2: not_an_object: ")
    assert "bodies" not in run.err


@pytest.mark.parametrize("surrounded", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_where_the_stream_lacks_characters_the_json_stays_the_same(tmp_path: Path, surrounded: dict[str, str]) -> None:
    write(tmp_path, "a.json", told := body(1, "ção 👍 \u202e"))
    run = rollout_in_shell(f"rollout normalize {' '.join(SIMULATED)} a.json", cwd=tmp_path, **surrounded)
    assert run.document == events_of(told)[0].to_dict()


def test_on_a_screen_nothing_turns_the_line(rollout: Rollout, tmp_path: Path) -> None:
    run = rollout("normalize", *SIMULATED, write(tmp_path, "a.json", body(1, "\u202eesrever \x9b")), terminal=True)
    assert run.out.isascii()
    assert run.document == events_of(body(1, "\u202eesrever \x9b"))[0].to_dict()


# What goes wrong


def test_a_body_that_is_refused_is_told_and_the_others_go_on(rollout: Rollout, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "empty.json").write_text("")
    names = ["broken.json", write(tmp_path, "a.json", body(1)), "list.json", "empty.json"]
    run = rollout("normalize", *SIMULATED, *names)
    assert (run.code, ids(run)) == (2, ["m-1"])
    lines = run.err.splitlines()
    assert [line.partition(": the body")[0] for line in lines if not line.startswith("  ->")] == [
        "broken.json: not_json",
        "list.json: not_an_object",
        "empty.json: not_json",
        "4 bodies, 1 event, 0 unknown, 3 refused",
    ]
    hints = [line for line in lines if line.startswith("  -> ")]
    assert len(hints) == len(set(hints)) > 0, "a hint is given once"


def test_a_refused_line_is_named_by_its_number(rollout: Rollout, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(f"{json.dumps(body(1))}\n\n{{\n{json.dumps(body(2))}\n[]\n")
    run = rollout("normalize", *SIMULATED, "--lines", "a.ndjson")
    assert (run.code, ids(run)) == (2, ["m-1", "m-2"])
    told = [line.split(": ")[:2] for line in run.err.splitlines() if line.startswith("a.ndjson")]
    assert told == [["a.ndjson:3", "not_json"], ["a.ndjson:5", "not_an_object"]]


ARRAY = "one body a file; or `jq -c '.[]' FILE | rollout normalize … --lines -`"
LINES = "with one body a line, give --lines"
NO_LINES = "leave --lines out where the file is one body"
AS_IT_CAME = "send the raw bytes of the request, unchanged"
AS_UTF8 = "write it as UTF-8, like iconv -f UTF-16 -t UTF-8"


@pytest.mark.parametrize(
    ("arguments", "data", "said", "hint"),
    [
        ((), b'\n[ {"kind": "call"}, 7]', "not_an_object: the body is JSON, but not an object", ARRAY),
        ((), b"[7]", "not_an_object: the body is JSON, but not an object", AS_IT_CAME),
        ((), b'{"kind": "call"}\n\n{"kind": "call"}\n{', "not_json: the body is not JSON: trailing char", LINES),
        ((), b'{"kind": "call"}\n}', "not_json: the body is not JSON: trailing characters", AS_IT_CAME),
        ((), b'{"kind": "call"}}', "not_json: the body is not JSON: trailing characters", AS_IT_CAME),
        (("--lines",), b'{\n  "kind": "call"}', "not_json: the body is not JSON: ", NO_LINES),
        (("--lines",), b"kind=call", "not_json: the body is not JSON: ", AS_IT_CAME),
        (("--lines",), b'[{"kind": "call"}]', "not_an_object: the body is JSON, but not an object", AS_IT_CAME),
        ((), b"", "not_json: the body is empty", AS_IT_CAME),
        ((), b" \n", "not_json: the body is empty", AS_IT_CAME),
        ((), '{"kind": "call"}'.encode("utf-16"), "not_utf8: the body is UTF-16;", AS_UTF8),
        ((), b"\xfe\xff" + '{"kind": "call"}'.encode("utf-16-be"), "not_utf8: the body is UTF-16;", AS_UTF8),
        ((), '{"kind": "call"}'.encode("utf-16-le"), "not_json: the body is UTF-16;", AS_UTF8),
        (("--lines",), '{"kind": "call"}'.encode("utf-16-le"), "not_json: the body is UTF-16;", AS_UTF8),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_what_to_do(
    rollout: Rollout, arguments: tuple[str, ...], data: bytes, said: str, hint: str
) -> None:
    run = rollout("normalize", *SIMULATED, *arguments, "-", stdin=data)
    assert run.code == 2
    told, then, *_ = run.err.splitlines()
    assert told.partition(": ")[2].startswith(said)
    assert then == f"  -> {hint}"


def test_what_a_hint_offers_for_an_array_works(tmp_path: Path) -> None:
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    (tmp_path / "a.json").write_text(json.dumps([body(1), body(2)]))
    command = f"jq -c '.[]' a.json | rollout normalize {' '.join(SIMULATED)} --lines -"
    assert ids(rollout_in_shell(command, cwd=tmp_path)) == ["m-1", "m-2"]


def test_where_every_event_is_unknown_the_provider_may_be_another(rollout: Rollout) -> None:
    run = rollout("normalize", "--provider", "evolution", "-", stdin=json.dumps(body(1)))
    assert run.code == 0
    assert run.err == (
        "1 body, 1 event, 1 unknown, 0 refused\n"
        "  -> nothing of it is known of evolution: is --provider another (cloud_api, baileys, simulated), "
        "or --event left out?\n"
    )


@pytest.mark.parametrize("lines", [(), ("--lines",)])
def test_what_is_longer_than_any_body_is_refused_without_being_read_whole(
    rollout: Rollout, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    long = tmp_path / "long"
    with long.open("wb") as file:
        file.truncate(MAX_BYTES + 10)
    with long.open("ab") as file:
        file.write(b"\n" + json.dumps(body(1)).encode())
    run = rollout("normalize", *SIMULATED, *lines, "long")
    assert (run.code, ids(run)) == (2, ["m-1"] if lines else [])
    assert run.err.startswith(
        f"long{':1' if lines else ''}: too_large: the body is longer than 33,554,432 bytes\n  -> "
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.json"], "error: Missing option '--provider'.\n  -> say who sent the bodies: cloud_api, evolution, bail"),
        (["--provider", "evolutio", "a.json"], "error: there is no provider 'evolutio'\n  -> did you mean evolution?"),
        (["--provider", "simulated"], "error: Missing argument 'FILE...'.\n  -> give the files, or - for standard in"),
        ([*SIMULATED, "--provder", "a.json"], "error: there is no option --provder for `rollout normalize`\n  -> did"),
        ([*SIMULATED, "a.json", "nowhere"], "error: cannot read nowhere: No such file or directory\n  -> name files"),
        ([*SIMULATED, "a.json", "."], "error: . is a folder, not a file\n  -> name the files in it: *.json\n"),
        ([*SIMULATED, "a\0b"], "error: cannot read a\\x00b: there can be no such file\n  -> "),
        ([*SIMULATED, "-", "-"], "error: standard input is named twice\n  -> it can be read once; give - once\n"),
        ([*SIMULATED, "--received-at", "noon", "a.json"], "error: 'noon' is not a time\n  -> give it like 2026-"),
        ([*SIMULATED, "--received-at", "0001-01-01T00:00:00+14:00", "a.json"], "error: '0001-01-01T00:00:00+14:00' is"),
        ([*SIMULATED, "--received-at", "2026-10-01T09:30", "a.json"], "error: '2026-10-01T09:30' has no offset from"),
        ([*SIMULATED, "--format", "junit", "a.json"], "error: this command does not write 'junit'\n"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_refused_before_anything_is_answered(
    rollout: Rollout, tmp_path: Path, arguments: list[str], said: str
) -> None:
    write(tmp_path, "a.json", body(1))
    run = rollout("normalize", *arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(said)


def test_a_file_that_may_not_be_read_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot read /proc/self/mem: Input/output error"):
        list(read_bodies(["/proc/self/mem"], by_line=True, limit=10))


def test_a_provider_may_be_written_as_in_a_phase_file(rollout: Rollout) -> None:
    runs = [rollout("normalize", "--provider", name, "-", stdin='{"entry": []}') for name in ("cloud_api", "cloud-api")]
    assert [each.code for each in runs] == [0, 0]
    assert runs[0].err == runs[1].err


def test_every_provider_is_offered() -> None:
    assert PROVIDERS == ALL_PROVIDERS


# Streams


def process(*arguments: str, cwd: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*PROGRAM, "normalize", *SIMULATED, *arguments],
        cwd=cwd,
        env=surroundings(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_line_is_answered_before_the_next_is_sent(tmp_path: Path) -> None:
    with process("--lines", "-", cwd=tmp_path) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for number in range(3):
            running.stdin.write(json.dumps(body(number)).encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["message"]["message_id"] == f"m-{number}"
        running.stdin.close()
        assert running.wait(30) == 0


def test_an_interrupt_ends_the_waiting_with_130(tmp_path: Path) -> None:
    with process("--lines", "-", cwd=tmp_path) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(json.dumps(body(1)).encode() + b"\n")
        running.stdin.flush()
        assert running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr.read() == b"error: interrupted; nothing more was done\n"


def test_a_long_archive_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    line = json.dumps(body(1)).encode() + b"\n"
    peaks = []
    for lines in (2_000, 20_000):
        (tmp_path / "archive").write_bytes(line * lines)
        tracemalloc.start()
        assert sum(1 for _ in read_bodies([str(tmp_path / "archive")], by_line=True, limit=MAX_BYTES)) == lines
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 50_000


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("--lines a.ndjson | head -1; exit ${PIPESTATUS[0]}", 0),
        ("--explain --lines a.ndjson | true; exit ${PIPESTATUS[0]}", 0),
        ("--lines a.ndjson >/dev/full", 2),
        ("--lines - <&-", 0),
        ("--lines <(cat a.ndjson) >/dev/null", 0),
    ],
)
def test_streams_that_end_or_are_full_do_as_with_any_command(tmp_path: Path, command: str, code: int) -> None:
    write(tmp_path, "a.ndjson", *[body(number) for number in range(200)])
    run = rollout_in_shell(f"rollout normalize {' '.join(SIMULATED)} {command}", cwd=tmp_path)
    assert run.code == code
    assert "Traceback" not in run.err
    if "/dev/full" in command:
        assert run.err.startswith("error: the answer cannot be written: No space left on device\n  -> ")


# Imports


def test_it_imports_nothing_of_stores_plans_flags_and_screens(tmp_path: Path) -> None:
    write(tmp_path, "a.json", body(1))
    child = (
        "import sys\nfrom rollout_cli.cli.main import run\n"
        f"code = run(['normalize', *{SIMULATED!r}, 'a.json'])\nprint(code, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [PROGRAM[0], "-c", child], cwd=tmp_path, env=surroundings(), capture_output=True, text=True, check=True
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0"
    assert not set(modules) & {"sqlalchemy", "alembic", "yaml", "mmh3", "re2", "rich", "ssl", "asyncio"}
    suggestion = {"rollout_cli.plan", "rollout_cli.plan.suggestion"}  # every command can say what was meant
    rooms = {name.split(".")[1] for name in {*modules} - suggestion if name.startswith("rollout_cli.")}
    assert rooms <= {"cli", "ending", "errors", "render", "sources", "version", "whatsapp", "wiring"}
