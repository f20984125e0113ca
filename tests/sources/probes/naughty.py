"""Plugins that do what plugins must not do, as text: each test installs them into a folder of its own."""

NAUGHTY = """
import os, signal, subprocess, sys, threading, time
from pydantic import BaseModel, ConfigDict
from rollout_cli.checks.plugin import PluginOutcome

class Parameters(BaseModel):
    note: str = ""

class Plugin:
    parameters = Parameters

    def __init__(self, work):
        self.work = work

    def ask(self, parameters, context):
        return self.work(parameters)

def passed(evidence=None):
    return PluginOutcome("PASS", "all is well", evidence=evidence or {})

def _raise(p):
    raise LookupError("password=hunter2 5511988887777")

def _print(p):
    print("x" * 1_000_000)
    print("y" * 1_000_000, file=sys.stderr)
    os.write(1, b"raw")
    os.system("echo more; echo more >&2")
    return passed({"read": sys.stdin.read()})

def _fork(p):
    os.fork()
    return passed()

def _leave_behind(p):
    child = subprocess.Popen(["sleep", "60"])
    threading.Thread(target=time.sleep, args=(60,)).start()
    with open(p.note, "w") as file:
        file.write(str(child.pid))
    return passed()

def _hang(p):
    child = subprocess.Popen(["sleep", "60"])
    with open(p.note, "w") as file:
        file.write(str(child.pid))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)

def _write_itself(p):
    os.write(int(sys.argv[-1]), b"{" * 100)
    return passed()

def _deep(p):
    value = []
    for _ in range(100_000):
        value = [value]
    return passed({"deep": value})

raises = Plugin(_raise)
exits = Plugin(lambda p: sys.exit(0))
ends = Plugin(lambda p: os._exit(3))
crashes = Plugin(lambda p: os.kill(os.getpid(), signal.SIGSEGV))
prints = Plugin(_print)
forks = Plugin(_fork)
leaves = Plugin(_leave_behind)
hangs = Plugin(_hang)
writes = Plugin(_write_itself)
floods = Plugin(lambda p: os.write(int(sys.argv[-1]), b"x" * 60_000_000))
closes = Plugin(lambda p: (os.closerange(0, 100), passed())[1])
huge = Plugin(lambda p: passed({"x": "x" * 60_000_000}))
deep = Plugin(_deep)
recurses = Plugin(lambda p: recurses.ask(p, None))
nothing = Plugin(lambda p: None)
a_dict = Plugin(lambda p: {"verdict": "PASS", "message": "ok"})
a_type = Plugin(lambda p: PluginOutcome)
no_message = Plugin(lambda p: PluginOutcome("PASS", 5))
no_evidence = Plugin(lambda p: PluginOutcome("PASS", "ok", evidence=[1]))
nan = Plugin(lambda p: passed({"x": float("nan")}))
infinite = Plugin(lambda p: passed({"x": [float("-inf")]}))
an_object = Plugin(lambda p: passed({"x": object()}))
some_bytes = Plugin(lambda p: passed({"x": b"x"}))
maybe = Plugin(lambda p: PluginOutcome("MAYBE", "who knows"))
wordless = Plugin(lambda p: PluginOutcome("PASS", "  "))
invisible = Plugin(lambda p: PluginOutcome("PASS", "\\u200b\\u2060\\x00"))
blank = Plugin(lambda p: PluginOutcome("PASS", "\\u2800 \\u3164\\u034f"))
colours = Plugin(lambda p: PluginOutcome("PASS", "\\x1b[31m\\x1b[0m"))
secrets = Plugin(lambda p: PluginOutcome(
    "FAIL", "call +55 11 98888-7777 with token=abcdef", "write to ana@example.com",
    {"phone": 5511988887777, "who": ["ana@example.com"], "api_key": "k", "tokens": 5, "waiting": 12840,
     "bad": "\\ud800"},
))
"""

NAMES = [line.split(" =")[0] for line in NAUGHTY.splitlines() if " = Plugin(" in line and line[0].isalpha()]
"""Every plugin's kind, which is also its name in the module."""
