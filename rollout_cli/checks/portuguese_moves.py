"""Brazilian Portuguese: the plan of a move, the question before it, and warnings beside it."""

from collections.abc import Mapping

MOVES: Mapping[str, str] = {
    # Changes
    "the whole rollout": "o rollout inteiro",
    "nobody": "ninguém",
    "{names} and {count} more": "{names} e mais {count}",
    # The plan
    "No changes: the rollout stands as the files want it.": "Nada a mudar: o rollout está como os arquivos querem.",
    "switches off": "desliga",
    "{count} by name: {names}": "{count} por nome: {names}",
    "{percent} % of all others": "{percent} % de todos os outros",
    "Plan": "Plano",
    "no flag changes": "nenhuma flag muda",
    "1 flag to change": "1 flag a mudar",
    "{count} flags to change": "{count} flags a mudar",
    "nobody is switched off": "ninguém é desligado",
    "1 flag loses shoppers": "1 flag perde shoppers",
    "{count} flags lose shoppers": "{count} flags perdem shoppers",
    "Of the ids": "Dos ids",
    "{asked} asked, {on} flip on, {off} flip off": "{asked} perguntados, {on} passam a ligado, {off} a desligado",
    "{on} on, {off} off": "{on} ligados, {off} desligados",
    "{on} on, {off} off, {changed} get another value": "{on} ligados, {off} desligados, {changed} recebem outro valor",
    "on": "ligado",
    "what flips off served nobody: it was in shadow, or is on by default": (
        "o que passa a desligado não servia ninguém: estava em shadow, ou é ligado por padrão"
    ),
    "Not a legal move": "Movimento não permitido",
    # The question
    "Apply?": "Aplicar?",
    "y/N": "s/N",
    "Not applied.": "Não aplicado.",
    "Dry run: nothing was applied.": "Simulação: nada foi aplicado.",
    # Beside it
    "warning: break-glass ({where}) keeps {what} at its default, whatever the store says": (
        "aviso: o break-glass ({where}) mantém {what} no valor padrão, diga o store o que disser"
    ),
    "every flag": "toda flag",
    "There is no store yet: {rollout} is off. The first change creates {store}.": (
        "Ainda não há store: {rollout} está desligado. A primeira mudança cria {store}."
    ),
    "Created the store {store}.": "Store {store} criado.",
}
"""By the English; a comment stands where another subject begins."""
