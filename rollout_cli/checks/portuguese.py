"""Brazilian Portuguese: what checks say, and the words of the report around them."""

from collections.abc import Mapping

from rollout_cli.checks.portuguese_checks import CHECKS
from rollout_cli.checks.portuguese_moves import MOVES
from rollout_cli.checks.portuguese_refusals import REFUSALS
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
    "phase {number} ({name}) at {percent} %": "fase {number} ({name}) em {percent} %",
    "error": "erro",
    "Applied": "Aplicado",
    "Already there": "Já está lá",
    "Rolled back": "Rollback feito",
    "Nothing to roll back": "Nada para desfazer",
    "{position}, revision {revision}": "{position}, revisão {revision}",
    "{way}, revision {revision}, in {time} ms": "{way}, revisão {revision}, em {time} ms",
    "Taken back": "Shopper desligado",
    "Taken back before": "Shopper já desligado antes",
    "{shopper}, on every flag; {position} stays, revision {revision}": (
        "{shopper}, em todas as flags; {position} continua, revisão {revision}"
    ),
    "The store cannot be used, so the kill file {path} now keeps every flag at its default.": (
        "O store não pode ser usado, então o kill file {path} agora mantém toda flag no valor padrão."
    ),
    "There is no store at {store}: nothing was ever applied, environment variables decide alone.": (
        "Não há store em {store}: nada foi aplicado até hoje, só as variáveis de ambiente decidem."
    ),
    "failed: {id}: {message}": "reprovada: {id}: {message}",
    "not yet: {id}: {message}": "ainda não: {id}: {message}",
    "{first} (and {count} more)": "{first} (e mais {count})",
    "this calls for `rollout rollback`; else {hint}": "isto pede `rollout rollback`; senão {hint}",
    "see `rollout check`": "veja `rollout check`",
    "see `rollout status`": "veja `rollout status`",
    "the server": "o servidor",
    "the answer takes too long to be read": "a resposta demora demais para ser lida",
    "ask for less: fewer lines, a smaller body, a simpler pattern": (
        "peça menos: menos linhas, um corpo menor, um padrão mais simples"
    ),
    "the watching was interrupted; the rollback is done": "a observação foi interrompida; o rollback está feito",
    "watch again with `rollout rollback --watch`": "observe de novo com `rollout rollback --watch`",
    "Watching {count} post-checks of phase {number} for {time}.": (
        "Observando {count} verificações pós-rollback da fase {number} por {time}."
    ),
    "This is not the safe state: {count} post-checks that speak of it are not asked.": (
        "Este não é o estado seguro: {count} verificações que falam dele não são feitas."
    ),
    "preflight of phase {number}": "antes de entrar na fase {number}",
    "gates of phase {number}": "para sair da fase {number}",
    "alerts of phase {number} (PASS: no alarm)": "alertas da fase {number} (APROVADO: sem alarme)",
    "post-checks of phase {number}": "depois do rollback da fase {number}",
    "{count} not asked yet": "ainda não perguntadas: {count}",
    "NOT ASKED": "NÃO FEITA",
    "Nothing that counts was asked.": "Nada que conte foi perguntado.",
    "{count} without a say": "sem peso: {count}",
    "Besides": "Além disso",
    "also: {lines}": "também: {lines}",
    "of what files alone can answer: {asked} of {all} checks": (
        "do que só os arquivos respondem: {asked} de {all} verificações"
    ),
    "asked after a rollback, by `rollout rollback --watch`": (
        "perguntada depois de um rollback, por `rollout rollback --watch`"
    ),
    "asked once the rollout is in phase {number}": "perguntada quando o rollout estiver na fase {number}",
    "nothing is to be done now": "agora não há nada a fazer",
    "not a legal move from here: {why}; {hint}": "movimento não permitido a partir daqui: {why}; {hint}",
    "the soak is not over: {done}; {hint}": "o tempo de espera não acabou: {done}; {hint}",
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
    "stands in for a check that waits for {thing}": "vale no lugar de uma verificação que aguarda {thing}",
    "{actor} on {time} UTC": "{actor} em {time} UTC",
    "{actor} on {time} UTC, until {end} UTC": "{actor} em {time} UTC, até {end} UTC",
    "revoked by {actor} on {time} UTC": "revogado por {actor} em {time} UTC",
    "does not count: {problem}": "não conta: {problem}",
    "note: {note}": "observação: {note}",
}
"""The report around the checks, by its English words."""

PORTUGUESE: Catalog = {**FRAME, **CHECKS, **MOVES, **SOURCES, **REFUSALS}
