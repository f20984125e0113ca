"""Brazilian Portuguese: why a move is refused, what is wrong with the store, and what to do about it."""

from collections.abc import Mapping

REFUSALS: Mapping[str, str] = {
    # Moves
    "cannot advance from {here} to {wanted}: {why}": "não dá para avançar de {here} para {wanted}: {why}",
    "positions are never skipped": "nenhuma posição é pulada",
    "advance to {next} first": "avance primeiro para {next}",
    "advance never goes back": "advance nunca volta atrás",
    "use `rollout rollback --to phase:{wanted}`": "use `rollout rollback --to phase:{wanted}`",
    "there is nowhere to go": "não há para onde ir",
    "the plan has no phases: add phases/0-name.yaml": "o plano não tem fases: crie phases/0-nome.yaml",
    "the plan no longer has this position, and nothing after it": (
        "o plano não tem mais esta posição, nem nada depois dela"
    ),
    "put it back into the plan, or use `rollout rollback`": "recoloque-a no plano, ou use `rollout rollback`",
    "the rollout was rolled back, so nothing moves by itself": ("foi feito rollback, então nada avança sozinho"),
    "name where to go on: `rollout advance --phase {resume}`": (
        "diga de onde continuar: `rollout advance --phase {resume}`"
    ),
    "the next position": "a próxima posição",
    "--force needs a reason": "--force precisa de um motivo",
    "add --reason TEXT: it is kept in the history": "acrescente --reason TEXTO: ele fica no histórico",
    "this would switch off shoppers who are on today: {who}": (
        "isto desligaria shoppers que estão ligados hoje: {who}"
    ),
    "see who with `rollout plan{options}`; if that is what you want, add --allow-removals": (
        "veja quem com `rollout plan{options}`; se é isso que você quer, acrescente --allow-removals"
    ),
    "the rollout changed meanwhile: expected revision {expected}, found {found}; nothing was applied": (
        "o rollout mudou nesse meio-tempo: esperada a revisão {expected}, encontrada {found}; nada foi aplicado"
    ),
    "look at it with `rollout status` and `rollout history`, then plan again": (
        "veja com `rollout status` e `rollout history`, e planeje de novo"
    ),
    "there is no phase {number}": "não existe a fase {number}",
    "the plan has phases {known}": "o plano tem as fases {known}",
    "phase {number} has no step at {percent}": "a fase {number} não tem degrau em {percent}",
    "its steps are {known}": "os degraus dela são {known}",
    "leave --percent out: phase {number} is not a ramp": "tire --percent: a fase {number} não é uma rampa",
    "--percent needs --phase here": "aqui --percent precisa de --phase",
    "name the phase whose step you mean": "diga de qual fase é o degrau",
    "there is no phase to check": "não há fase para verificar",
    "add phases/0-name.yaml": "crie phases/0-nome.yaml",
    # Rollback
    "an id has no spaces around it and no invisible characters": (
        "um id não tem espaços em volta nem caracteres invisíveis"
    ),
    "check the quotes": "confira as aspas",
    "the latest record cannot be read, so nobody knows where the rollout stands": (
        "o último registro não pode ser lido, então ninguém sabe onde o rollout está"
    ),
    "`rollout rollback` takes everybody back to the safe state": (
        "`rollout rollback` leva todos de volta ao estado seguro"
    ),
    "`rollout rollback` without --shopper takes everybody back": (
        "`rollout rollback` sem --shopper leva todos de volta"
    ),
    "nothing was ever applied, so there is no flag in the store to deny this shopper on": (
        "nada foi aplicado até hoje, então não há no store nenhuma flag para negar a este shopper"
    ),
    "there is no store at {store}, so there is no flag in it to deny this shopper on": (
        "não há store em {store}, então não há nele nenhuma flag para negar a este shopper"
    ),
    "the shopper is at the defaults; deny it with `rollout flags deny FLAG ID` if it must stay off": (
        "o shopper está nos valores padrão; negue com `rollout flags deny FLAG ID` se ele deve ficar desligado"
    ),
    "{count} attempts met somebody else's change": "{count} tentativas encontraram a mudança de outra pessoa",
    "run it again; see `rollout history`": "rode de novo; veja `rollout history`",
    "there is no revision {number} that can be read": "não há revisão {number} que possa ser lida",
    "see `rollout history`": "veja `rollout history`",
    "revision {number} ({position}) is ahead of {here}: rollback only goes back": (
        "a revisão {number} ({position}) está à frente de {here}: rollback só volta atrás"
    ),
    "phase {phase} lies ahead of {here}: rollback only goes back": (
        "a fase {phase} está à frente de {here}: rollback só volta atrás"
    ),
    "go forward with `rollout advance --phase N`": "siga em frente com `rollout advance --phase N`",
    "the rollout was never in phase {phase}": "o rollout nunca esteve na fase {phase}",
    "roll back to the safe state with `rollout rollback`, or see `rollout history`": (
        "volte ao estado seguro com `rollout rollback`, ou veja `rollout history`"
    ),
    "the store is damaged: none of its records can be read": (
        "o store está danificado: nenhum dos registros pode ser lido"
    ),
    "--shopper and --to exclude each other": "--shopper e --to se excluem",
    "take back one shopper, or everybody": "tire um shopper, ou todos",
    "there is neither a flags.yaml nor a store in {folder} or above": (
        "não há flags.yaml nem store em {folder} nem acima"
    ),
    "go to your project, or name it with --project DIR, or its store with --store URL": (
        "vá para o seu projeto, ou indique-o com --project DIR, ou o store dele com --store URL"
    ),
    "nothing was rolled back: the store has no rollout {name}": (
        "não foi feito rollback: o store não tem o rollout {name}"
    ),
    "{hint}; name it with --rollout": "{hint}; indique-o com --rollout",
    "did you mean {name}?": "você quis dizer {name}?",
    "the store cannot be used: {error}": "o store não pode ser usado: {error}",
    "see more with --debug": "veja mais com --debug",
    "{hint}; the kill file knows flags, not shoppers; `rollout rollback` without --shopper takes everybody back": (
        "{hint}; o kill file conhece flags, não shoppers; `rollout rollback` sem --shopper leva todos de volta"
    ),
    "set ROLLOUT_KILL='*' where the applications run; the kill file {path} failed: {problem}": (
        "defina ROLLOUT_KILL='*' onde as aplicações rodam; o kill file {path} falhou: {problem}"
    ),
    "{hint}; when it works again: `rollout rollback`, then remove {path}": (
        "{hint}; quando ele voltar: `rollout rollback`, depois apague {path}"
    ),
    # The store
    "there is no store at {store}, so there is no history": "não há store em {store}, então não há histórico",
    "the first change creates it": "a primeira mudança o cria",
    "there is no store at {store}": "não há store em {store}",
    "check the name, or create it with `rollout init`": "confira o nome, ou crie-o com `rollout init`",
    "the store {store} is locked by somebody else": "o store {store} está travado por outro processo",
    "another command is writing, or hangs: look for it, then run this again; nothing was changed": (
        "outro comando está gravando, ou travou: procure-o e rode de novo; nada foi mudado"
    ),
    "restore a backup; `rollout rollback` writes the kill file when the store cannot be used": (
        "restaure um backup; `rollout rollback` escreve o kill file quando o store não pode ser usado"
    ),
    "restore a backup": "restaure um backup",
    "check the name, or {hint}": "confira o nome, ou {hint}",
    "the store {store} cannot grow: the disk is full": "o store {store} não pode crescer: o disco está cheio",
    "free some space and run it again; nothing was changed": "libere espaço e rode de novo; nada foi mudado",
    "the store {store} is damaged: {problem}": "o store {store} está danificado: {problem}",
    "the store {store} is damaged": "o store {store} está danificado",
    "the store is damaged: {problem}": "o store está danificado: {problem}",
    "`rollout history verify` says where; `rollout rollback` works all the same; restore a backup": (
        "`rollout history verify` diz onde; `rollout rollback` funciona mesmo assim; restaure um backup"
    ),
    "the store {store} is read-only": "o store {store} é somente leitura",
    "check the permissions of file and folder, and how the disk is mounted": (
        "confira as permissões do arquivo e da pasta, e como o disco está montado"
    ),
    "it may be a standby: name the primary": "pode ser uma réplica: indique o primário",
    "the store {store} cannot be read or written: input/output error": (
        "o store {store} não pode ser lido nem gravado: erro de entrada/saída"
    ),
    "check the disk, its free space and the limits of this user; nothing was changed": (
        "confira o disco, o espaço livre e os limites deste usuário; nada foi mudado"
    ),
    "the store {store} is not a SQLite database": "o store {store} não é um banco SQLite",
    "the store {store} cannot be opened": "o store {store} não pode ser aberto",
    "check the permissions of the file and its folder": "confira as permissões do arquivo e da pasta dele",
    "the store {store} cannot be read: {problem}": "o store {store} não pode ser lido: {problem}",
    "check its permissions": "confira as permissões dele",
    "the store {store} is empty": "o store {store} está vazio",
    "restore a backup, or set it up with `rollout db upgrade`": (
        "restaure um backup, ou prepare-o com `rollout db upgrade`"
    ),
    "the store {store} cannot be reached": "o store {store} não responde",
    "check that the database runs, and its address; whether a change was made, `rollout status` will tell": (
        "veja se o banco está no ar, e o endereço; se algo foi mudado, `rollout status` dirá"
    ),
    "the store {store} cannot be used: {error}": "o store {store} não pode ser usado: {error}",
    "check its URL": "confira a URL dele",
    "the store {store} answered with error {state}": "o store {store} respondeu com o erro {state}",
    "look into the database's log": "veja o log do banco",
    "the store {store} refuses this user or password": "o store {store} recusa este usuário ou senha",
    "check both in the URL, and the server's pg_hba.conf": "confira os dois na URL, e o pg_hba.conf do servidor",
    "the store {store} has no such database": "o store {store} não tem esse banco",
    "check the name, or create the database": "confira o nome, ou crie o banco",
    "the store {store} does not let this user do that": "o store {store} não deixa este usuário fazer isso",
    "grant the user what it needs on the rollout tables": "dê ao usuário o que ele precisa nas tabelas do rollout",
    "the store {store} takes no more connections": "o store {store} não aceita mais conexões",
    "close some, or raise the limit": "feche algumas, ou aumente o limite",
    "the store {store} knows no such option as its URL has": "o store {store} não conhece uma opção da URL",
    "check what stands behind the ?": "confira o que vem depois do ?",
    "somebody else wrote this revision first": "outra pessoa gravou esta revisão primeiro",
    "somebody else changed the rollout at the same moment": "outra pessoa mudou o rollout no mesmo momento",
    "look again and repeat": "olhe de novo e repita",
    "a name holds bytes that are no text, so nothing in the store can have it": (
        "um nome tem bytes que não são texto, então nada no store pode tê-lo"
    ),
    "write it in UTF-8": "escreva em UTF-8",
    "the database cannot hold one of the values": "o banco não pode guardar um dos valores",
    "NUL is no text for PostgreSQL, and a value in an index takes 2,700 bytes at most": (
        "NUL não é texto para o PostgreSQL, e um valor num índice tem no máximo 2.700 bytes"
    ),
    "the store {store} has the older schema {version}": "o store {store} tem o esquema mais antigo {version}",
    "make a backup, then bring it to {head} with `{command}`": (
        "faça um backup, depois leve-o a {head} com `{command}`"
    ),
    "the store {store} is newer than this program: schema {version}, known is {head}": (
        "o store {store} é mais novo que este programa: esquema {version}, conhecido {head}"
    ),
    "use a newer rollout; nothing was touched": "use um rollout mais novo; nada foi tocado",
    "the store holds several rollouts": "o store tem vários rollouts",
    "name one with --rollout: {names}": "indique um com --rollout: {names}",
    # Several in one
    "{first}; {second}": "{first}; {second}",
}
"""By the English of an error or a hint; a comment stands where another subject begins."""

FORMS = (*REFUSALS, "phase {number} ({name})", "phase {number} ({name}) at {percent} %", "off")
"""What is recognized: these, and the positions that stand in their gaps."""
