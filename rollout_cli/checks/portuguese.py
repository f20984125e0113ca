"""Brazilian Portuguese: what checks say, and the words of the report around them."""

from collections.abc import Mapping

from rollout_cli.checks.portuguese_checks import CHECKS
from rollout_cli.checks.portuguese_sources import SOURCES
from rollout_cli.checks.words import Catalog

FRAME: Mapping[str, str] = {
    "Verdict": "Veredito",
    "PASS": "APROVADO",
    "FAIL": "REPROVADO",
    "INCONCLUSIVE": "INCONCLUSIVO",
    "checks for {position}": "verificações para {position}",
    "No checks are declared for this.": "Nenhuma verificação foi declarada aqui.",
    "phase {number} ({name})": "fase {number} ({name})",
    "phase {number}": "fase {number}",
    "at {percent} %": "em {percent} %",
    "off": "desligado",
    "preflight": "antes de entrar",
    "gates": "para avançar",
    "alerts": "alertas",
    "post-checks": "depois do rollback",
    "after the rollback": "depois do rollback",
    "{count} passed": "aprovadas: {count}",
    "{count} failed": "reprovadas: {count}",
    "{count} inconclusive": "inconclusivas: {count}",
    "{count} not asked offline": "não consultadas (offline): {count}",
    "{count} pending": "pendentes: {count}",
    "nothing was on before, so there is nothing to recover from": (
        "nada estava ligado antes, então não há do que se recuperar"
    ),
    "phase {number} has no post-checks": "a fase {number} não tem verificações pós-rollback",
    "say in its file what to ask: `rollback: {{post_checks: [...]}}`": (
        "diga no arquivo dela o que perguntar: `rollback: {{post_checks: [...]}}`"
    ),
    "see `rollout status`": "veja `rollout status`",
    "the normalizer": "o normalizador",
    "the pipeline": "o pipeline",
    "simulate": "o simulador",
    "the server": "o servidor",
    "the answer takes too long to be read": "a resposta demora demais para ser lida",
    "ask for less: fewer lines, a smaller body, a simpler pattern": (
        "peça menos: menos linhas, um corpo menor, um padrão mais simples"
    ),
    "calls for a rollback": "pede rollback",
    "only a warning": "só um aviso",
    "has no say": "não pesa no veredito",
    "recovered": "recuperado",
    "not recovered": "não recuperado",
    "cannot say": "não dá para saber",
    "{rounds} looks in {time}": "{rounds} rodadas em {time}",
    "The position has soaked": "A posição já cumpriu o tempo de espera",
    "The clock can be trusted": "O relógio é confiável",
    "The plan asks for no attestation.": "O plano não pede nenhuma confirmação.",
    "yes": "sim",
    "open": "aberta",
    "{given} of {needed}": "{given} de {needed}",
    "stands in for a check that waits for {thing}": "vale no lugar de uma verificação que espera por {thing}",
    "{actor} on {time} UTC": "{actor} em {time} UTC",
    "{actor} on {time} UTC, until {end} UTC": "{actor} em {time} UTC, até {end} UTC",
    "revoked by {actor} on {time} UTC": "revogado por {actor} em {time} UTC",
    "does not count: {problem}": "não conta: {problem}",
    "note: {note}": "observação: {note}",
}
"""The report around the checks, by its English words."""

PORTUGUESE: Catalog = {**FRAME, **CHECKS, **SOURCES}
