"""Who there is: shoppers with their instances, customers, groups. Invented; each is made from a number alone."""

from msgspec import Struct

_AREAS = (11, 21, 31, 41, 48, 51, 61, 71, 81, 85)
"""Area codes of Brazil: from 31 on, the ninth digit is not part of an id."""
_WITHOUT_NINE = 31
_NAMES = (
    "Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Gabriela", "Heitor", "Íris", "João", "Karina", "Léo",
    "Marina", "Nuno", "Olívia", "Paulo", "Quitéria", "Rafael", "Sônia", "Tiago", "Úrsula", "Vítor", "Wanda", "Zeca",
)  # fmt: skip
_SURNAMES = ("Alves", "Braga", "Campos", "Duarte", "Esteves", "Farias", "Gomes", "Horta", "Lima", "Moura", "Nunes")


class Person(Struct, frozen=True, gc=False):
    """One person.

    Attributes:
        phone: as WhatsApp has it, digits alone.
        typed: the same number as people write it; differs where WhatsApp leaves the ninth digit out.
        lid: the local id, without its server.
        bsuid: the id that Meta gives to a business.
    """

    number: int
    phone: str
    typed: str
    lid: str
    bsuid: str
    name: str


class Instance(Struct, frozen=True, gc=False):
    """One connected number of a shopper at one provider.

    Attributes:
        id: how the provider names it: a phone number's id, or a name.
        uuid: its other name, where the provider has one.
        account: of the Cloud API.
        phone: its number, digits alone.
    """

    number: int
    provider: str
    shopper: str
    id: str
    uuid: str
    account: str
    phone: str

    @property
    def attendant(self) -> str:
        """The phone under which the shopper's SKM is mentioned in groups."""
        return f"5511400{self.number:05d}"


class Thread(Struct, frozen=True, gc=False):
    """Where something is said.

    Attributes:
        number: of the whole run; a message's id carries it.
        person: the counterpart; of a group, whoever made it.
        group: the group's id without its server; None in a private chat.
        audience: the JID of what is said to many at once and is no thread at all: `status@broadcast`, a newsletter's, a
            broadcast list's; then the person is who says it.
    """

    number: int
    instance: Instance
    person: Person
    group: str | None = None
    audience: str | None = None

    @property
    def is_private(self) -> bool:
        """Whether two people talk, and nobody else hears it."""
        return self.group is None and self.audience is None

    @property
    def is_newsletter(self) -> bool:
        """Whether it is a newsletter: nobody of those who write it is told of."""
        return self.audience is not None and self.audience.endswith("@newsletter")


def person(number: int) -> Person:
    """The person of a number, below a hundred million."""
    area = _AREAS[number % len(_AREAS)]
    eight = f"9{(number // len(_AREAS) * 7_919 + 1_234_567) % 10_000_000:07d}"  # 7,919 is a prime: no two are alike
    typed = f"55{area}9{eight}"
    return Person(
        number,
        f"55{area}{eight}" if area >= _WITHOUT_NINE else typed,
        typed,
        f"2{number + 10**12:014d}",
        f"BR.{10**15 + number * 31}",
        f"{_NAMES[number % len(_NAMES)]} {_SURNAMES[number // len(_NAMES) % len(_SURNAMES)]}",
    )


def instance(number: int, provider: str, shopper: str, seed: int = 0) -> Instance:
    """The instance of a number. Those of another seed are others, so that no thread of the one is one of the other."""
    digits = f"{seed % 10**8:08d}{number:06d}"
    return Instance(
        number,
        provider,
        shopper,
        f"7{digits}" if provider == "cloud_api" else f"loja-{seed}-{number}",
        f"{seed % 2**32:08x}-0000-4000-8000-{number:012x}",
        f"8{digits}",
        f"5511300{number:05d}",
    )


def group_id(number: int) -> str:
    """The id of the group of a thread."""
    return f"{_GROUP}{number:012d}"


def number_of_group(group: str) -> int | None:
    """The number of the thread of a group, by its id with its server or without; None where it is no such."""
    digits = group.removesuffix("@g.us").removeprefix(_GROUP)
    return int(digits) if len(digits) == _GROUP_DIGITS and digits.isdecimal() else None


_GROUP = "120363"
_GROUP_DIGITS = 12
STATUS = "status@broadcast"
"""Where status posts are: the same for everybody's."""


def audience_of(sort: str, number: int) -> str:
    """The JID of what is said to many at once: all `status` posts have one, each `newsletter` and `list` its own."""
    if sort == "status":
        return STATUS
    return f"{_GROUP}{number:012d}@newsletter" if sort == "newsletter" else f"17{number:08d}@broadcast"
