"""Packages put into a folder the way an installer leaves them, without one and without a network."""

import importlib
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rollout_cli.checks.plugin import GROUP

EXAMPLE = Path(__file__).parent / "rollout-queue-depth"


def install_example(site: Path) -> None:
    """Install the example package."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    for module in EXAMPLE.glob("*.py"):
        shutil.copy(module, site)
    describe(site, project["name"], project["entry-points"][GROUP])


def install(site: Path, name: str, text: str, kinds: Mapping[str, str]) -> None:
    """Install a module as a package of the same name that offers kinds."""
    (site / f"{name}.py").write_text(text)
    describe(site, name, kinds)


def describe(site: Path, name: str, kinds: Mapping[str, str]) -> None:
    """Write what an installer notes down about a package."""
    folder = site / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{kind} = {place}\n" for kind, place in kinds.items()]
    (folder / "entry_points.txt").write_text(f"[{GROUP}]\n{''.join(lines)}")
    importlib.invalidate_caches()


@contextmanager
def found_packages(site: Path) -> Iterator[Path]:
    """A folder whose packages are found, until the end."""
    site.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    try:
        yield site
    finally:
        sys.path.remove(str(site))
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", "")).startswith(str(site)):
                del sys.modules[name]
        importlib.invalidate_caches()
