"""A process with a client of its own: asks again and again, and in the end says what it was told, and when.

    python client_worker.py URL SECONDS_BETWEEN_QUESTIONS

Prints `ready` once it is connected. Whoever then writes the number of a revision gets, as soon as the answers are of it
or ten seconds have passed, one line of JSON: for each change of the answers the moment (nanoseconds of the clock that
all processes of a machine share) and every flag's value and revision.
"""

import json
import select
import sys
import time

from rollout_cli.client import RolloutClient

KEY = "shopper-1"
PATIENCE = 10.0


def main(url: str, pause: float) -> None:
    notes: list[tuple[int, dict[str, list[object]]]] = []
    with RolloutClient.connect(url, environment={}) as client:
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], pause)[0]:
            note(notes, client)
        wanted, given_up = int(sys.stdin.readline()), time.monotonic() + PATIENCE
        while client.health().revision != wanted and time.monotonic() < given_up:
            note(notes, client)
            time.sleep(pause)
        note(notes, client)
        print(json.dumps({"notes": notes, "stale": client.health().stale}), flush=True)


def note(notes: list[tuple[int, dict[str, list[object]]]], client: RolloutClient) -> None:
    answers = {flag: [decision.value, decision.revision] for flag, decision in client.decide_all(KEY).items()}
    if not notes or notes[-1][1] != answers:
        notes.append((time.monotonic_ns(), answers))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
