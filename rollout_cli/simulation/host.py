"""The other end of a `simulate` check: a process that runs one simulation. Never started by hand.

In: a question on standard input, and the number of a descriptor as last argument. Out: one JSON object there.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from rollout_cli.errors import RolloutError
from rollout_cli.flags.document import snapshot_from_document
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.position import Standpoint, with_everything_on
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulation.running import Order, simulate


def main(question: Mapping[str, Any]) -> NoReturn:
    """Run, answer, end."""
    logging.getLogger("rollout").addHandler(logging.NullHandler())
    written = json.dumps(answer_to(question), allow_nan=False).encode()
    with os.fdopen(int(sys.argv[-1]), "wb") as answer:
        answer.write(written)
    os._exit(0)


def answer_to(question: Mapping[str, Any]) -> dict[str, Any]:
    """What a run shows; or, where it could not be run, why."""
    try:
        snapshot = snapshot_from_document(question["flags"], revision=0)
        if question["is_live"]:
            snapshot = with_everything_on(snapshot)
        shoppers = shopper_ids(question["shoppers"], Standpoint(snapshot).named())
        profile = Profile.model_validate(question["profile"])
        totals = simulate(Order(snapshot, profile, question["seed"], question["events"], shoppers))
    except RolloutError as error:
        return {"refused": error.message}
    found = findings(totals)
    apart = {each.id: each.without_waits for each in found if each.without_waits is not None}
    kpis = {each.id: each.value for each in found}
    return {"events": totals.tallied.facts, "kpis": kpis, "without_waits": None if totals.measures.untold else apart}
