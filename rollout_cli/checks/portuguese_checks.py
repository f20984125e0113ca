"""Brazilian Portuguese: the sentences of the kinds of checks, of the inquiry, and of the soak."""

from collections.abc import Mapping

_PEOPLE = {
    "attested by {people}": "confirmado por {people}",
    "nobody has attested this": "ninguém confirmou isto ainda",
    "{actor} on {day}": "{actor} em {day}",
    "{actor} on {day}, until {end} UTC": "{actor} em {day}, até {end} UTC",
    "{actor}'s yes of {day} expired on {end} UTC": "o sim de {actor}, de {day}, venceu em {end} UTC",
    "{actor}'s yes of {day} is void: it does not say what was asked": (
        "o sim de {actor} em {day} não vale: não diz o que foi perguntado"
    ),
    "{actor}'s yes of {day} is void: the files have changed since": (
        "o sim de {actor}, de {day}, não vale mais: os arquivos mudaram depois"
    ),
    "{actor}'s yes of {day} is void: the check has changed since": (
        "o sim de {actor}, de {day}, não vale mais: a verificação mudou depois"
    ),
    "{actor} revoked on {day} what was said before": "{actor} revogou em {day} o que tinha sido dito antes",
    "{given} of {needed} approvals: {people}": "{given} de {needed} aprovações: {people}",
    "{count}; {why}": "{count}; {why}",
    "ask the person who knows to run `rollout attest {id} --note …`": (
        "peça a quem sabe para rodar `rollout attest {id} --note …`"
    ),
    "somebody else has to run `rollout attest {id} --note …`": (
        "outra pessoa precisa rodar `rollout attest {id} --note …`"
    ),
    "pending: it waits for {thing}": "pendente: aguarda {thing}",
    "{pending}; {yes}": "{pending}; {yes}",
    "{yes}; the check itself waits for {thing}": "{yes}; a verificação em si aguarda {thing}",
    "until then look yourself, and run `rollout attest {id} --note …`": (
        "até lá, olhe você mesmo e rode `rollout attest {id} --note …`"
    ),
}
_TIME = {
    "it is {day} {time} {zone}": "agora é {day} {time} {zone}",
    "Mon": "seg", "Tue": "ter", "Wed": "qua", "Thu": "qui", "Fri": "sex", "Sat": "sáb", "Sun": "dom",
    "{now}, within the window": "{now}, dentro da janela",
    "{now}, allowed {when}": "{now}, permitido {when}",
    "{now}, allowed before {end} UTC": "{now}, permitido antes de {end} UTC",
    "after {start} UTC": "depois de {start} UTC",
    "on {days}": "em {days}",
    "from {start} to {end}": "das {start} às {end}",
    "wait for it, or move the window in the file": "aguarde a hora, ou mude a janela no arquivo",
    "the window is over: move `before` in the file": "a janela já fechou: mude `before` no arquivo",
    "{elapsed} of {required}": "{elapsed} de {required}",
    "wait until {time} UTC": "aguarde até {time} UTC",
    "the store's clock is {behind} behind the last entry, so no time can be counted": (
        "o relógio do banco do rollout está {behind} atrás do último registro, então não dá para contar o tempo"
    ),
    "set the clock right; a rollback works all the same": "acerte o relógio; o rollback funciona mesmo assim",
}  # fmt: skip
_FLAGS = {
    "{flag} is not a flag of this rollout": "{flag} não é uma flag deste rollout",
    "declare it in flags.yaml, or remove the check": "declare-a em flags.yaml, ou remova a verificação",
    "{flag}: {stands}": "{flag}: {stands}",
    "{flag}: {stands}; wanted {wanted}": "{flag}: {stands}; o esperado era {wanted}",
    "{flag} for {shopper}": "{flag} para {shopper}",
    "{key} {value}": "{key} {value}",
    "none": "nenhum",
    "see how it came to this: `rollout history`": "veja como chegou a isto: `rollout history`",
}
_NUMBERS = {
    "{value}, at most {limit} wanted": "{value}, máximo esperado: {limit}",
    "{value}, at least {limit} wanted": "{value}, mínimo esperado: {limit}",
    "{share} {sign} {limit}": "{share} {sign} {limit}",
    "{part} bad of {total} = {comparison}": "{part} ruins de {total} = {comparison}",
    "{part} good of {total} = {comparison}": "{part} bons de {total} = {comparison}",
    "{above} of {total} above {limit} = {share} {sign} {allowed}": (
        "{above} de {total} acima de {limit} = {share} {sign} {allowed}"
    ),
    "p{quantile} = {value} {sign} {limit}, of {total} events": (
        "p{quantile} = {value} {sign} {limit}, de {total} eventos"
    ),
    "look at what goes wrong before the rollout goes on": "veja o que está dando errado antes de seguir com o rollout",
    "look at what is slow before the rollout goes on": "veja o que está lento antes de seguir com o rollout",
    "look at what moved it before the rollout goes on": "veja o que mexeu neste número antes de seguir com o rollout",
    "{part} of {total} is no share": "{part} de {total} não é uma proporção",
    "mend the two queries: one counts the other's": "corrija as duas consultas: uma conta o que é da outra",
    "{value} is no count": "{value} não é uma contagem",
    "mend the query: it does not count": "corrija a consulta: ela não conta",
    "no events in {window}": "nenhum evento em {window}",
    "no events: {count} counted": "nenhum evento: contagem em {count}",
    "wait for traffic, or see whether the source counts what you mean": (
        "aguarde haver tráfego, ou veja se a fonte conta o que você pensa que conta"
    ),
    "only {events} events, {least} are needed": "só {events} eventos, são necessários {least}",
    "wait for about {more} more": "aguarde: faltam cerca de {more}",
    "the newest datum of {source} is {age} old": "o dado mais recente de {source} é de {age} atrás",
    "find out why nothing arrives; {most} would do": "descubra por que não chega nada; o aceitável é até {most}",
    "the newest datum of {source} is of the future": "o dado mais recente de {source} está no futuro",
    "mend `newest`: it is asked for seconds since 1970, in UTC": (
        "corrija `newest`: ela deve responder em segundos desde 1970, em UTC"
    ),
    "the value is {value}, which is no finite number": "o valor é {value}, que não é um número finito",
    "mostly something is divided by nothing: wait for data": "em geral é uma divisão por zero: aguarde haver dados",
}
_SCHEMA = {
    "{source} has {things}": "{source} tem {things}",
    "1 table": "1 tabela",
    "{count} tables": "{count} tabelas",
    "1 index": "1 índice",
    "{count} indexes": "{count} índices",
    "table {name}": "tabela {name}",
    "index {name}": "índice {name}",
    "migration {name}": "migration {name}",
    "uniqueness of {table} ({columns})": "unicidade de {table} ({columns})",
    "and {count} more": "e mais {count}",
    "missing: {things}": "faltando: {things}",
    "apply the migrations where {source} is": "aplique as migrations onde está {source}",
    "{source} does not say which migrations it has": "{source} não diz quais migrations tem",
    "its version table is not there: apply the migrations, or name the table": (
        "a tabela de versões não existe: aplique as migrations, ou diga o nome da tabela"
    ),
}
_SERVICES = {
    "{status} in {time} ms": "{status} em {time} ms",
    "{took}; {wrong}": "{took}; {wrong}",
    "wanted {status}": "o esperado era {status}",
    "wanted within {limit} ms": "máximo esperado: {limit} ms",
    "the body contains {pattern}": "o corpo contém {pattern}",
    "the body does not contain {pattern}": "o corpo não contém {pattern}",
    "{pointer} is not {wanted}": "{pointer} não é {wanted}",
    "look at the service's log at that time": "veja o log do serviço neste horário",
    "the answer is no proper JSON": "a resposta não é um JSON válido",
    "see what listens there: a proxy or a login page?": "veja o que responde ali: um proxy ou uma tela de login?",
    "exit status {status}": "código de saída {status}",
    "{status}; {wrong}": "{status}; {wrong}",
    "{status}: it cannot say": "{status}: ele não consegue dizer",
    "ended by signal {number}": "encerrado pelo sinal {number}",
    "run it by hand and read all of its output": "rode manualmente e leia a saída inteira",
    "the output contains {pattern}": "a saída contém {pattern}",
    "the output does not contain {pattern}": "a saída não contém {pattern}",
    "{message}; its last line: {line}": "{message}; última linha: {line}",
    "{status}; the output is too long to be read to its end": (
        "{status}; a saída é longa demais para ser lida até o fim"
    ),
    "let the program print less": "faça o programa imprimir menos",
    "see the plugin's documentation": "veja a documentação do plugin",
    "the plugin's answer is no verdict": "a resposta do plugin não é um veredito",
    "mend the plugin of kind {kind}": "corrija o plugin do tipo {kind}",
}
_FILES = {
    "{path}: {wrong}": "{path}: {wrong}",
    "{path}: the folder it would be in is not there": "{path}: a pasta em que ele estaria não existe",
    "see whether the path is right": "veja se o caminho está certo",
    "{path} is there": "{path} existe",
    "{path} contains what it should": "{path} contém o que deveria",
    "{path} contains nothing that it should not": "{path} não contém nada que não deveria",
    "{path} is not there": "{path} não existe",
    "it is there": "existe",
    "it is not there": "não existe",
    "it is a folder": "é uma pasta",
    "it is not a plain file": "não é um arquivo comum",
    "it contains {pattern}": "contém {pattern}",
    "it does not contain {pattern}": "não contém {pattern}",
    "it is {age} old, wanted newer than {most}": "é de {age} atrás, o máximo esperado era {most}",
    "it is of the future": "tem data no futuro",
    "compare the clocks": "compare os relógios",
    "put the file right, or the check": "corrija o arquivo, ou a verificação",
    "{count} of {lines} lines contain {pattern}": "{count} de {lines} linhas contêm {pattern}",
    "none of {lines} lines contain {pattern}": "nenhuma de {lines} linhas contém {pattern}",
    "{found}, none wanted": "{found}, não deveria haver nenhuma",
    "{found}, at least {least} wanted": "{found}, mínimo esperado: {least}",
    "the log is too long to be read as far as it is asked about": (
        "o log é longo demais para ser lido até onde a verificação pede"
    ),
    "ask about fewer `lines`, or let it write shorter ones": "peça menos `lines`, ou faça-o gravar linhas mais curtas",
    "read these lines where the log is": "leia essas linhas onde o log está",
    "see whether it logs at all, and at which level": "veja se ele grava log, e em qual nível",
    "only {lines} lines, {least} are needed": "só {lines} linhas, são necessárias {least}",
    "wait for traffic, or see whether this is the right log": "aguarde haver tráfego, ou veja se este é o log certo",
    "nothing was written for {age}": "nada é gravado há {age}",
    "see whether the service still logs here": "veja se o serviço ainda grava o log aqui",
    "nobody knows when it was written last": "não dá para saber quando foi gravado por último",
}
_INQUIRY = {
    "the check broke: {error}": "a verificação quebrou: {error}",
    "asking broke: {error}": "a consulta quebrou: {error}",
    "this is a bug in rollout or in the plugin: report it": (
        "isto é um bug do rollout ou do plugin: avise quem o mantém"
    ),
    "no answer within {limit}": "sem resposta em {limit}",
    "see whether it is slow or gone, or give the check a longer `timeout`": (
        "veja se está lento ou fora do ar, ou dê à verificação um `timeout` maior"
    ),
    "the limit of {limit} for all checks was over": "o limite de {limit} para todas as verificações acabou",
    "see which checks are slow, or raise `limits.total` in sources.yaml": (
        "veja quais verificações são lentas, ou aumente `limits.total` em sources.yaml"
    ),
    "not asked: {name} did not pass": "não consultada: {name} não foi aprovada",
    "see to {name} first": "cuide primeiro de {name}",
    "not asked: it needs {names}, which will never be answered": (
        "não consultada: depende de {names}, que nunca terá resposta"
    ),
    "see `rollout validate`": "veja `rollout validate`",
    "files alone cannot answer this": "os arquivos sozinhos não respondem a isso",
    "ask it where the store and the sources are, without --offline": (
        "consulte onde estão o banco do rollout e as fontes, sem --offline"
    ),
}

_SIMULATIONS = {
    "{count} events: {kpis}": "{count} eventos: {kpis}",
    "{count} events say nothing of {kpis}": "{count} eventos não dizem nada sobre {kpis}",
    "{count} events: {kpis}, but {free} without waiting for a processor that other programs had": (
        "{count} eventos: {kpis}, mas {free} sem a espera por um processador ocupado por outros programas"
    ),
    "ask again when less runs on this machine": "consulte de novo quando esta máquina estiver menos ocupada",
    "any KPI": "nenhum KPI",
    "{name}": "{name}",
    "{name} {value} {sign} {limit}": "{name} {value} {sign} {limit}",
    "see it all: `rollout simulate --seed {seed}`": "veja tudo: `rollout simulate --seed {seed}`",
    "are the flags on for anybody at this position? else ask for more events": (
        "as flags estão ligadas para alguém nesta posição? se sim, peça mais eventos"
    ),
    "the simulation says too much": "a simulação diz demais",
    "it could not be run: {why}": "não deu para rodar: {why}",
    "the simulation ended without an answer: exit status {status}": (
        "a simulação acabou sem responder: código de saída {status}"
    ),
    "run `rollout simulate` and see": "rode `rollout simulate` e veja",
}

CHECKS: Mapping[str, str] = {
    "{value} is no time and no size": "{value} não é tempo nem tamanho",
    "mend the query: a quantile of these is not negative": "corrija a consulta: um quantil desses não é negativo",
    **_PEOPLE, **_TIME, **_FLAGS, **_NUMBERS, **_SCHEMA, **_SERVICES, **_FILES, **_SIMULATIONS,
    **_INQUIRY,
}  # fmt: skip
"""By the English sentence, with the same gaps."""
