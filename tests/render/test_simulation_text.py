"""A simulation in words: exactly so, and in ASCII, because nobody knows what reads a pipe."""

import io

import pytest
from rich.console import Console

from rollout_cli.render.simulation_text import simulation_lines
from rollout_cli.render.terminal import terminal_lines
from tests.support.simulations import all_off, failing, inconclusive, passing

FAILING = """\
whatsapp-events: simulated at phase 2 (beta)
  24,007 events (23,480 different) in 9.5 s, 2,527 a second; seed 7; store: temporary
  Faults planted on purpose: the store is away for 1.5 s, one event of 500 under another id
  KPIs
    PASS         normalized_rate        99.9 %  >= 99 %    21 not as they ought to be of 23,960 events in sound bodies
    PASS         malformed_refused     100.0 %  >= 100 %   0 taken for sound of 118 malformed bodies
    PASS         schema_kept           100.0 %  >= 100 %   0 not as the schema says of 1,402 events that were read back
    FAIL         idempotency            97.5 %  >= 100 %   12 with another key of 480 events that came again
    FAIL         duplicates_stored          12  <= 0       12 of 24,410 rows have a key that another has
    FAIL         error_rate              1.8 %  <= 0.1 %   400 failed attempts for 22,514 deliveries
    PASS         stored_rate           100.0 %  >= 100 %   0 missing and 0 too many of 23,480 events
    PASS         latency_p95_ms        41.7 ms  <= 200 ms  22,514 deliveries
    PASS         added_latency_p95_ms   3.2 ms  <= 100 ms  22,514 deliveries that both paths had
    told         divergences                14             14 divergences in 22,514 compared deliveries
  Latency in ms: p50 17.4, p95 41.7, p99 68.0, largest 212.5
          0 - 5     #                                 312
          5 - 10    ######                          2,405
         10 - 20    ############################## 11,830
         20 - 50    ##################              7,290
         50 - 100   ##                                664
        100 - 200   #                                  12
        200 - 500   #                                   1
  Divergences from reference
    critical       11  missing message  wamid:1f0c -> nothing
    minor           3  field_difference message.text  text of 0 characters -> text of 24 characters
  Shoppers
    live    2 shoppers        9,000 events  ALLOWLIST: shopper_beta_001, shopper_0001
    shadow  1 shopper         2,000 events  ALLOWLIST: shopper_0002
    off     9 shoppers        7,618 events  NOT_ALLOWLISTED: shopper_0003, shopper_0004, shopper_0005 and 6 more
  Not as they ought to be
          21  evolution whatsapp.message.inbound
Verdict: FAIL (6 of 9 KPIs)
"""


def told(report: object) -> str:
    return "".join(f"{each.plain}\n" for each in simulation_lines(report))  # type: ignore[arg-type]


@pytest.mark.parametrize("report", [passing(), failing(), inconclusive(), all_off()])
def test_a_pipe_gets_ascii(report: object) -> None:
    assert told(report).isascii()


def test_what_fails_is_told_exactly_so() -> None:
    assert told(failing()) == FAILING


def test_nobody_on_is_nothing_to_judge() -> None:
    assert "Nothing came through that could be judged: the new path is off for everybody." in told(all_off())
    assert told(all_off()).endswith("Verdict: INCONCLUSIVE\n")


@pytest.mark.parametrize("columns", [40, 60, 100, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    console = Console(file=io.StringIO(), width=columns, force_terminal=True)
    rows = list(terminal_lines(simulation_lines(failing()), console))
    assert max(each.cell_len for each in rows) <= columns
