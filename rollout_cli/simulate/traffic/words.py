"""What people say, as the inside of a JSON string. Invented."""

import json

import msgspec

_SAID = (
    "bom dia, ainda tem a jaqueta azul tamanho M?", "oi! qual o valor do frete para Curitiba?",
    "pode separar pra mim 🙏",
    "obrigada!!", "ok", "👍", "vocês abrem no sábado?", "chegou certinho, amei ❤️", "meu pedido ainda não chegou",
    'é o "conjunto verde" da vitrine', "segue o comprovante", "tem outra cor?", "quanto fica 3 unidades?",
    "boa tarde, tudo bem?", "aceita pix?", "pode me mandar foto da barra?\nqueria ver o acabamento",
    "não serviu, como faço a troca?", "prefiro retirar na loja da rua XV", "só um minuto que vou confirmar",
    "seu pedido saiu para entrega 🚚", "claro! separei pra você", "temos sim, em P e G", "o prazo é de 5 dias úteis",
    "¿hacen envíos a Asunción?", "hi, do you ship abroad?", "kkkkk", "então tá, amanhã passo aí",
    "queria falar com a mesma atendente de ontem", "endereço: Rua das Flores, 10 \\ fundos", "perfeito, fechado!",
)  # fmt: skip
_LONG = (
    "qual a composição do tecido? minha pele é alérgica a sintético e da última vez precisei devolver a peça por causa "
    "disso, então se puder confirmar na etiqueta antes de enviar eu agradeço muito"
)
WORDS = tuple(json.dumps(each, ensure_ascii=False)[1:-1] for each in (*_SAID, _LONG))


def spoken(words: str) -> str:
    """What the inside of a JSON string says."""
    return msgspec.json.decode(f'"{words}"', type=str) if "\\" in words else words
