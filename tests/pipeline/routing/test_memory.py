"""What a router remembers has a bound, whoever says what."""

import pytest

from rollout_cli.pipeline.routing import memory
from rollout_cli.pipeline.routing.memory import Memory


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Memory:
    monkeypatch.setattr(memory, "_MOST", 10)
    return Memory()


@pytest.mark.parametrize("tenants", [1, 3, 100])
def test_beginnings_of_threads_are_forgotten_where_they_become_many_also_of_one_tenant(
    few: Memory, tenants: int
) -> None:
    for number in range(100):
        few.unknown({f"shop-{number % tenants}:instance-{number}"})
        few.trim()
        assert sum(map(len, few.heads.values())) <= 10
    assert few.unknown({"shop-0:instance-0"}) == {"shop-0:instance-0"}


def test_what_is_known_is_not_told_again_and_does_not_count_twice(few: Memory) -> None:
    for _ in range(100):
        few.unknown({"shop:one", "shop:two"})
        few.trim()
    assert few.unknown({"shop:one", "shop:three"}) == {"shop:three"}
