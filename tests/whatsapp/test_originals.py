"""What is kept of a body is a body of its own: normalized again it gives the same event."""

import json
import pickle

from rollout_cli.whatsapp import CanonicalEvent, normalize
from tests.support.for_each import for_each
from tests.whatsapp.test_cases import RECEIVED_AT
from tests.whatsapp.written import Case, cases


def facts(event: CanonicalEvent) -> dict[str, object]:
    """All that an event says, but for where it was found."""
    form = event.to_dict()
    del form["raw"], form["source"]["webhook_event"]
    return form


@for_each("case", cases(), ids=lambda case: case.name)
def test_the_original_of_an_event_is_a_body_that_gives_the_event_again(case: Case) -> None:
    for event in normalize(case.provider, case.data, event=case.event, received_at=RECEIVED_AT):
        if event.event_type == "whatsapp.unknown" and event.source.webhook_event is None:
            continue  # a part that stands where nothing of its kind can: it is kept as it is
        body = json.dumps(event.raw).encode()
        again = normalize(case.provider, body, instance=event.source.instance, received_at=RECEIVED_AT)
        assert facts(event) in [facts(each) for each in again]


def test_an_original_that_was_pickled_says_the_same() -> None:
    for case in cases():
        events = normalize(case.provider, case.data, event=case.event, received_at=RECEIVED_AT)
        originals = [event.original for event in events]
        assert pickle.loads(pickle.dumps(originals)) == originals
