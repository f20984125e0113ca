"""Brazilian Portuguese: why the outside did not answer, and what to do about it."""

from collections.abc import Mapping

_SETTINGS = {
    "there is no source {name}": "não existe a fonte {name}",
    "declare it in sources.yaml": "declare-a em sources.yaml",
    "the source {name} is of kind {kind}": "a fonte {name} é do tipo {kind}",
    "ask a source of kind {kinds}": "consulte uma fonte do tipo {kinds}",
    "the source {name} has no address": "a fonte {name} não tem endereço",
    "set {variable} to its address": "coloque o endereço dela em {variable}",
    "{variable} is not set": "{variable} não está definida",
    "set it where the checks run": "defina-a onde as verificações rodam",
}
_PROMETHEUS = {
    "Prometheus refuses: {error}": "o Prometheus recusou: {error}",
    "without a word": "sem dizer por quê",
    "try the query in Prometheus itself": "teste a consulta no próprio Prometheus",
    "the answer is not what Prometheus says": "a resposta não é de um Prometheus",
    "see whether the address is that of a Prometheus": "veja se o endereço é mesmo o de um Prometheus",
    "make the query cheaper, or give the check a longer `timeout`": (
        "deixe a consulta mais leve, ou dê à verificação um `timeout` maior"
    ),
    "the query finds no series": "a consulta não encontra nenhuma série",
    "if a missing series means none, add `or vector(0)`; else see whether the metric is scraped": (
        "se a falta da série significa zero, acrescente `or vector(0)`; senão, veja se a métrica está sendo coletada"
    ),
    "the query finds {count} series, not one": "a consulta encontra {count} séries, e não uma",
    "make one of them, like with `sum(…)` or `max(…)`": "junte-as em uma, por exemplo com `sum(…)` ou `max(…)`",
    "the query gives a range of samples, not one number": (
        "a consulta devolve um intervalo de amostras, e não um número"
    ),
    "leave the range to a function: `increase(…[5m])`, `rate(…[5m])`, `max_over_time(…[5m])`": (
        "deixe o intervalo para uma função: `increase(…[5m])`, `rate(…[5m])`, `max_over_time(…[5m])`"
    ),
    "the query gives a text, not a number": "a consulta devolve um texto, e não um número",
    "the query gives a histogram, not a number": "a consulta devolve um histograma, e não um número",
    "ask for one number": "peça um número só",
    "the answer is of another time than ours, more than {limit} s apart": (
        "a resposta é de outro horário, a mais de {limit} s do nosso"
    ),
    "compare the clocks, and see whether a proxy repeats old answers": (
        "compare os relógios, e veja se um proxy repete respostas antigas"
    ),
}
_JSON = {
    "the query is no path with a pointer": "a consulta não é um caminho com um ponteiro",
    "write it like /stats#/errors/total": "escreva como /stats#/errors/total",
    "there is nothing at {pointer}": "não há nada em {pointer}",
    "compare the pointer with what the source says": "compare o ponteiro com o que a fonte devolve",
    "what stands at {pointer} is no number": "o que está em {pointer} não é um número",
    "numbers stand without quotes; point at one": "números vão sem aspas; aponte para um",
    "the number is too large to be one": "o número é grande demais para ser de verdade",
    "see what the source counts": "veja o que a fonte conta",
}
_HTTP = {
    "HTTP status {status} instead of an answer": "status HTTP {status} no lugar de uma resposta",
    "redirects are not followed: name the address they lead to": (
        "redirecionamentos não são seguidos: use o endereço para onde eles levam"
    ),
    "give the source what lets it in, under `header_env`": "dê à fonte a credencial de acesso, em `header_env`",
    "the address is no URL that can be asked": "o endereço não é uma URL que se possa consultar",
    "write it like http://host:9090/path: in ASCII, with no user and no password": (
        "escreva como http://host:9090/path: em ASCII, sem usuário e sem senha"
    ),
    "the name {host} leads nowhere": "o nome {host} não resolve para nenhum endereço",
    "see whether it is spelled right, and the name server answers": "veja se está escrito certo, e se o DNS responde",
    "{host} is at {address}, which is not public": "{host} está em {address}, que não é um endereço público",
    "if that is what you mean, name {addresses} under `addresses`": (
        "se é isso mesmo, declare {addresses} em `addresses`"
    ),
    "the path and the address of {source} do not go together": "o caminho e o endereço de {source} não combinam",
    "a path begins with /, and an address ends before ? and #": (
        "um caminho começa com /, e um endereço acaba antes de ? e #"
    ),
    "the header {name} is not yours to set": "o cabeçalho {name} não pode ser definido aqui",
    "leave it out: it speaks of the connection itself": "deixe-o de fora: ele trata da própria conexão",
    "the value for the header {name} cannot be sent": "o valor do cabeçalho {name} não pode ser enviado",
    "keep it to one line of ASCII characters": "use uma linha só, de caracteres ASCII",
    "the answer is longer than {limit} MB": "a resposta passa de {limit} MB",
    "ask for less, at a path that is made for checks": "peça menos, em um caminho feito para verificações",
    "{status} is no HTTP status": "{status} não é um status HTTP",
    "what answers there does not speak HTTP": "o que responde ali não fala HTTP",
    "the answer does not know its length": "a resposta não informa um tamanho que faça sentido",
    "the answer's chunks make no sense": "os blocos (chunks) da resposta não fazem sentido",
    "the answer is in a transfer coding that nobody asked for": (
        "a resposta vem em uma codificação de transferência que ninguém pediu"
    ),
    "the answer is compressed, although it was asked for as it is": (
        "a resposta vem comprimida, embora tenha sido pedida sem"
    ),
    "see what listens there, and whether a proxy stands before it": (
        "veja o que responde ali, e se há um proxy na frente"
    ),
    "see what listens there": "veja o que responde ali",
}
_WIRE = {
    "{host} refuses connections on port {port}": "{host} recusa conexões na porta {port}",
    "{host} cannot be reached on port {port}: {error}": "{host} não está acessível na porta {port}: {error}",
    "see whether the service runs, and whether it is reached from here": (
        "veja se o serviço está no ar, e se é acessível daqui"
    ),
    "the certificate of {host} is not trusted: {reason}": "o certificado de {host} não é confiável: {reason}",
    "have it certified for that very name, by somebody whom this machine trusts": (
        "emita um certificado para este nome exato, por uma autoridade em que esta máquina confia"
    ),
    "{host} does not agree on TLS: {reason}": "não foi possível negociar TLS com {host}: {reason}",
    "see whether it speaks https on port {port}": "veja se ele fala https na porta {port}",
    "it hung up without a word": "encerrou a conexão sem responder",
    "the answer is cut short": "a resposta veio cortada",
    "the answer does not end": "a resposta não termina",
    "see whether the service behind it runs": "veja se o serviço por trás está no ar",
    "see whether the service, or a proxy before it, breaks off": (
        "veja se o serviço, ou um proxy na frente, corta a conexão"
    ),
}
_SQL_STORES = {
    "nobody said where the rollout's store is": "ninguém disse onde está o banco do rollout",
    "ask this where the store is known": "consulte onde o endereço do banco do rollout está definido",
    "there is no store yet": "ainda não há um banco do rollout",
    "the first change creates it; or `rollout init`": "a primeira mudança o cria; ou `rollout init`",
    "the address of {source} is not a database URL": "o endereço de {source} não é a URL de um banco",
    "write it like sqlite:///shop.db or postgresql://user@host/database": (
        "escreva como sqlite:///shop.db ou postgresql://user@host/database"
    ),
    "the address of {source} has a host, and a SQLite file has none": (
        "o endereço de {source} tem um host, e um arquivo SQLite não tem"
    ),
    "the address of {source} names no file": "o endereço de {source} não diz qual é o arquivo",
    "the address of {source} has options behind its path": "o endereço de {source} tem opções depois do caminho",
    "the address of {source} cannot be used: {error}": "o endereço de {source} não pode ser usado: {error}",
    "check its parts, and the options behind the question mark": (
        "confira as partes dele, e as opções depois da interrogação"
    ),
    "check its address": "confira o endereço",
    "there is no file at the address of {source}": "não há arquivo no endereço de {source}",
    "what is at the address of {source} is not a file": "o que está no endereço de {source} não é um arquivo",
    "check its address; a relative path counts from the project": (
        "confira o endereço; um caminho relativo conta a partir do projeto"
    ),
    "the file of {source} is empty: there is no database in it yet": (
        "o arquivo de {source} está vazio: ainda não há um banco nele"
    ),
    "set the database up, or check its address": "crie o banco, ou confira o endereço",
    "the database {source} is damaged, or none at all": "o banco {source} está danificado, ou nem é um banco",
    "check its address, or restore a backup": "confira o endereço, ou restaure um backup",
    "the database {source} cannot be reached": "o banco {source} não está acessível",
    "see that it runs, and check its address and permissions": (
        "veja se está no ar, e confira o endereço e as permissões"
    ),
    "there is no driver here for the database {source}": "não há aqui um driver para o banco {source}",
    "for PostgreSQL: pip install 'psycopg[binary]'; for others, the driver that SQLAlchemy names": (
        "para PostgreSQL: pip install 'psycopg[binary]'; para outros, o driver que o SQLAlchemy indica"
    ),
    "{source} refuses this user or password": "{source} recusa este usuário ou esta senha",
    "check both in its address, and the server's pg_hba.conf": (
        "confira os dois no endereço, e o pg_hba.conf do servidor"
    ),
    "there is no such database where {source} points": "não existe esse banco para onde {source} aponta",
    "check the name at the end of its address": "confira o nome no fim do endereço",
    "the pooler before {source} refuses to read only": "o pooler na frente de {source} recusa o modo só leitura",
    "name the database itself, or let the pooler ignore the parameter `options`": (
        "use o endereço do próprio banco, ou faça o pooler ignorar o parâmetro `options`"
    ),
}
_SQL_QUERIES = {
    "the query of {source} does not begin with SELECT": "a consulta de {source} não começa com SELECT",
    "ask with one SELECT, WITH, VALUES or TABLE; checks change nothing": (
        "consulte com um SELECT, WITH, VALUES ou TABLE; verificações não mudam nada"
    ),
    "the query of {source} holds characters that are no text": (
        "a consulta de {source} tem caracteres que não são texto"
    ),
    "write it in UTF-8, without control characters": "escreva em UTF-8, sem caracteres de controle",
    "the query of {source} does more than read": "a consulta de {source} faz mais do que ler",
    "ask with one SELECT; checks change nothing": "consulte com um SELECT; verificações não mudam nada",
    "the query of {source} is more than one statement": "a consulta de {source} tem mais de um comando",
    "ask with one SELECT": "consulte com um único SELECT",
    "{source} does not let its user read that": "{source} não deixa o usuário ler isso",
    "grant the user SELECT on what the query reads": "dê ao usuário SELECT no que a consulta lê",
    "{source} cannot answer the query: {error}": "{source} não consegue responder à consulta: {error}",
    "mend the query, or apply the migrations it needs": (
        "corrija a consulta, ou aplique as migrations de que ela precisa"
    ),
    "the query of {source} answers with no row": "a consulta de {source} não devolve nenhuma linha",
    "where nothing means zero, let it count: count(*) always answers": (
        "se nada significa zero, faça-a contar: count(*) sempre responde"
    ),
    "the query of {source} answers with NULL": "a consulta de {source} devolve NULL",
    "where nothing means zero, say coalesce(…, 0)": "se nada significa zero, use coalesce(…, 0)",
    "the query of {source} answers with something that is no number": (
        "a consulta de {source} devolve algo que não é um número"
    ),
    "let it count or measure, or cast what it selects": (
        "faça-a contar ou medir, ou converta (CAST) o que ela seleciona"
    ),
    "the query of {source} answers with a number that cannot be counted with": (
        "a consulta de {source} devolve um número com que não dá para calcular"
    ),
    "see what makes it infinite, or no number": "veja o que o torna infinito, ou não numérico",
    "the query of {source} answers with no column": "a consulta de {source} não devolve nenhuma coluna",
    "select one number": "selecione um número",
    "the query of {source} answers with {count} columns": "a consulta de {source} devolve {count} colunas",
    "select one column": "selecione uma coluna só",
    "the query of {source} answers with several rows": "a consulta de {source} devolve várias linhas",
    "add them up with sum(…), or count them with count(*)": "some-as com sum(…), ou conte-as com count(*)",
}
_PROGRAMS = {
    "the project does not allow to run {program}": "o projeto não permite rodar {program}",
    "allow it in sources.yaml: commands: {{allow: [{program}]}}": (
        "permita em sources.yaml: commands: {{allow: [{program}]}}"
    ),
    "there is no program {program}": "não existe o programa {program}",
    "install it where the checks run, or see `commands.path`": (
        "instale-o onde as verificações rodam, ou veja `commands.path`"
    ),
    "{program} is a path from some folder: no program is run like this": (
        "{program} é um caminho relativo a alguma pasta: nenhum programa roda assim"
    ),
    "name the program, or give its full path": "diga o nome do programa, ou o caminho completo",
    "{program} cannot be run: {reason}": "não foi possível rodar {program}: {reason}",
    "run it by hand where the checks run": "rode manualmente onde as verificações rodam",
    "an argument cannot be given to a program": "um argumento não pode ser passado a um programa",
    "write arguments without NUL and in plain Unicode": "escreva os argumentos sem NUL e em Unicode simples",
    "it printed more than {most} MB and was stopped": "imprimiu mais de {most} MB e foi interrompido",
    "the project does not allow to hand {variable} to programs": (
        "o projeto não permite entregar {variable} a programas"
    ),
    "allow it in sources.yaml: commands: {{environment: [{variable}]}}": (
        "permita em sources.yaml: commands: {{environment: [{variable}]}}"
    ),
    "let it print less": "faça-o imprimir menos",
    "{status}: what it printed is not the log": "{status}: o que imprimiu não é o log",
}
_FILES = {
    "{path} cannot be read: {error}": "não foi possível ler {path}: {error}",
    "look at it by hand where the checks run": "olhe manualmente onde as verificações rodam",
    "check the path: it counts from the project's folder": "confira o caminho: ele conta a partir da pasta do projeto",
    "see where the service logs, or let a program print it: `command: [docker, logs, …]`": (
        "veja onde o serviço grava o log, ou deixe um programa imprimi-lo: `command: [docker, logs, …]`"
    ),
    "{path} may not be read by whoever runs the checks": "sem permissão para ler {path}",
    "{path} is a folder": "{path} é uma pasta",
    "name a file in it": "indique um arquivo dentro dela",
    "let whoever runs the checks read it": "dê permissão de leitura ao usuário que roda as verificações",
    "{path} is larger than {most} MB: its content is not read": "{path} passa de {most} MB: o conteúdo não é lido",
    "check a smaller file, or a log with kind `log`": "verifique um arquivo menor, ou um log com o tipo `log`",
    "{path} is not a plain file": "{path} não é um arquivo comum",
    "{path} belongs to the system itself: no check looks there": (
        "{path} pertence ao próprio sistema: nenhuma verificação olha ali"
    ),
    "check a file of the project, or one that a service writes": (
        "verifique um arquivo do projeto, ou um que um serviço escreva"
    ),
    "{path} is outside of the project, where checks do not look": (
        "{path} fica fora do projeto, onde as verificações não olham"
    ),
    "open its folder in sources.yaml: files: [{folder}]": "libere a pasta em sources.yaml: files: [{folder}]",
    "{path} leads elsewhere than a moment ago": "{path} leva a outro lugar do que há um instante",
    "ask again when nobody moves it": "consulte de novo quando ninguém o estiver movendo",
    "name a plain file, or a `command` that prints the log": (
        "indique um arquivo comum, ou um `command` que imprima o log"
    ),
}
_PLUGINS = {
    "the plugin is gone since the files were read": "o plugin sumiu depois que os arquivos foram lidos",
    "the plugin does not take its own parameters back": "o plugin não aceita de volta os próprios parâmetros",
    "the plugin's answer is no outcome": "a resposta do plugin não é um resultado",
    "the plugin's evidence is not JSON": "a evidência do plugin não é JSON",
    "the plugin's answer is too large": "a resposta do plugin é grande demais",
    "the plugin ended by signal {number}": "o plugin foi encerrado pelo sinal {number}",
    "the plugin ended without an answer: exit status {status}": (
        "o plugin acabou sem responder: código de saída {status}"
    ),
    "the plugin raised {error}": "o plugin lançou {error}",
}

SOURCES: Mapping[str, str] = {
    **_SETTINGS, **_PROMETHEUS, **_JSON, **_HTTP, **_WIRE, **_SQL_STORES, **_SQL_QUERIES,
    **_PROGRAMS, **_FILES, **_PLUGINS,
}  # fmt: skip
"""By the English sentence, with the same gaps."""
