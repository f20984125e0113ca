"""What has to be installed is named so that nothing of somebody else's is."""

import re

from tests.support.projects import REPOSITORY

PAGES = ("*.md", "docs/**/*.md", "examples/**/*.md", "rollout_cli/**/*.py")
OURS = re.compile(r"install[^\n]*[ '\"`]rollout-cli\b(?!` on the public)")


def test_nobody_is_told_to_install_our_name_from_the_public_index() -> None:
    told = [each for pattern in PAGES for each in REPOSITORY.glob(pattern)]
    assert [str(each.relative_to(REPOSITORY)) for each in told if OURS.search(each.read_text("utf-8"))] == []
    assert len(told) > 100
