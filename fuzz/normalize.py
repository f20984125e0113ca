"""Coverage-guided fuzzing of `normalize` with Atheris: see README.md."""

import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rollout_cli.whatsapp"]):
    from rollout_cli.whatsapp import normalize  # noqa: F401 - the room is looked at, and nothing else

from fuzz.delivered import Delivered
from fuzz.findings import Findings
from fuzz.mutations import mutated_bytes
from fuzz.promises import keep
from fuzz.seeds import seeds

FOLDER = Path(tempfile.gettempdir()) / "rollout-fuzz"
_KEEP_GOING = "--keep-going"


def main(arguments: Sequence[str]) -> None:
    """The command: libFuzzer's own arguments, and `--keep-going` to collect findings and not to stop at the first."""
    of = seeds()
    findings = Findings(FOLDER / "findings")
    own = [each for each in arguments[1:] if each != _KEEP_GOING]
    look = findings.look if _KEEP_GOING in arguments else keep
    if all(each.startswith("-") for each in own):
        own.append(str(_corpus(of)))
    if not any(each.startswith("-artifact_prefix") for each in own):
        own.append(f"-artifact_prefix={FOLDER}/")

    def look_at(data: bytes) -> None:
        look(Delivered.from_bytes(data))

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        at = random.Random(seed)
        if at.random() < 0.5:
            return bytes(atheris.Mutate(data, longest))
        changed = mutated_bytes(at, data, of)
        return changed if len(changed) <= longest else bytes(atheris.Mutate(data, longest))

    atheris.Setup([arguments[0], *own], look_at, custom_mutator=mutate)
    atheris.Fuzz()


def _corpus(of: Sequence[Delivered]) -> Path:
    """A folder with the bodies to begin with, outside of the project: some may be other people's."""
    folder = FOLDER / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(of):
        (folder / f"seed-{number:04}").write_bytes(each.to_bytes())
    return folder


if __name__ == "__main__":
    main(sys.argv)
