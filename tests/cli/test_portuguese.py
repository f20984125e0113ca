"""`--lang pt`: what somebody meets at night, in Portuguese; the exit codes are those of every language."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rollout_cli.errors import ExitCode
from tests.support.program import Run

Rollout = Callable[..., Run]


def test_a_refused_move_and_its_hint(rollout: Rollout) -> None:
    run = rollout("advance", "--phase", "2", "--lang", "pt")
    assert run.code == ExitCode.REFUSED
    assert run.err.splitlines()[-2:] == [
        "erro: não dá para avançar de desligado para fase 2 (beta): nenhuma posição é pulada",
        "  -> avance primeiro para fase 0 (development)",
    ]
    assert rollout("check", "--phase", "2", ROLLOUT_LANG="pt").out.count("nenhuma posição é pulada") == 1


def test_what_is_not_yet_there_and_what_was_done(rollout: Rollout) -> None:
    done = rollout("advance", "--lang=pt")
    assert done.answer.splitlines()[-1] == "Aplicado: fase 0 (development), revisão 1"
    again = rollout("advance", "--phase", "0", ROLLOUT_LANG="pt_BR.UTF-8")
    assert again.answer.splitlines()[-1] == "Já está lá: fase 0 (development), revisão 1"
    rollout("advance")
    held = rollout("advance", "--lang", "pt")
    assert held.code == ExitCode.NOT_YET
    assert held.err.splitlines()[-2].startswith("erro: ainda não: soak: 0s de ")


def test_a_plan_before_it_is_applied(rollout: Rollout) -> None:
    first = rollout("advance", "--lang", "pt")
    assert first.talk.splitlines() == [
        "Ainda não há store: test-rollout está desligado. A primeira mudança cria <folder>/.rollout/rollout.db.",
        "Store <folder>/.rollout/rollout.db criado.",
    ]
    assert "Plano: 1 flag a mudar, ninguém é desligado." in first.answer
    tried = rollout("advance", "--force", "--reason", "x", "--dry-run", "--lang", "pt", ROLLOUT_KILL="*")
    assert tried.err.splitlines() == [
        "aviso: o break-glass (ROLLOUT_KILL) mantém toda flag no valor padrão, diga o store o que disser",
        "Simulação: nada foi aplicado.",
    ]


def test_a_plan_that_would_be_refused_and_one_without_changes(rollout: Rollout) -> None:
    refused = rollout("plan", "--phase", "2", "--lang", "pt").answer.splitlines()
    assert refused[0] == "test-rollout: desligado -> fase 2 (beta)"
    assert refused[-2:] == [
        "Movimento não permitido: nenhuma posição é pulada",
        "-> avance primeiro para fase 0 (development)",
    ]
    rollout("advance")
    assert rollout("plan", "--phase", "0", "--lang", "pt").answer.splitlines()[-1] == (
        "Nada a mudar: o rollout está como os arquivos querem."
    )


def test_who_flips_and_who_is_switched_off(rollout: Rollout, folder: Path) -> None:
    for _ in range(3):
        rollout("advance", "--force", "--reason", "pressa")
    rollout("flags", "allow", "EVENTS", "friend")
    (folder / "ids").write_text("beta-1\nfriend\nsomebody\n")
    told = rollout("plan", "--phase", "2", "--ids", "ids", "--lang", "pt").answer
    assert "- EVENTS desliga 1 por nome: friend" in told
    assert "1 flag perde shoppers." in told
    assert "Dos ids: 3 perguntados, 0 passam a ligado, 1 a desligado" in told
    assert "desligado: friend" in told


def test_a_rollback_its_repetition_and_the_one_of_a_shopper(rollout: Rollout) -> None:
    rollout("advance")
    one = rollout("rollback", "--shopper", "a", "--lang", "pt")
    assert one.answer.splitlines()[-1] == (
        "Shopper desligado: a, em todas as flags; fase 0 (development) continua, revisão 2"
    )
    done = rollout("rollback", "--lang", "pt").answer.splitlines()[-1]
    assert done.startswith("Rollback feito: fase 0 (development) -> desligado, revisão 3, em ")
    assert rollout("rollback", "--lang", "pt").answer == "Nada para desfazer: desligado, revisão 3\n"
    ahead = rollout("rollback", "--to", "phase:2", "--lang", "pt")
    assert (ahead.code, "só volta atrás" in ahead.err) == (ExitCode.REFUSED, True)


def test_a_store_that_cannot_be_used(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    (folder / ".rollout" / "rollout.db").write_bytes(b"no database at all")
    for name in ("rollout.db-wal", "rollout.db-shm"):
        (folder / ".rollout" / name).unlink(missing_ok=True)
    run = rollout("rollback", "--lang", "pt")
    assert run.code == ExitCode.STORE
    assert "o kill file" in run.err
    assert "erro: o store" in run.err
    assert "quando ele voltar: `rollout rollback`, depois apague" in run.err


@pytest.mark.parametrize("words", [("--lang", "xx"), ("--lang=xx",), ("--lang",)])
def test_a_language_that_nobody_speaks_is_told_of_in_english_and_stops_no_rollback(
    rollout: Rollout, words: tuple[str, ...]
) -> None:
    rollout("advance")
    refused = rollout("advance", *words)
    assert (refused.code, refused.err.startswith("error: ")) == (ExitCode.USAGE, True)
    if len(words) == 2 or "=" in words[0]:
        assert rollout("rollback", *words).answer.startswith("  ~ EVENTS")


def test_english_is_as_ever_where_nobody_asks_for_another_language(rollout: Rollout) -> None:
    run = rollout("advance", "--phase", "2", ROLLOUT_LANG="de")
    assert run.err.splitlines()[-1] == "  -> advance to phase 0 (development) first"
