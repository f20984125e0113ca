"""A provider may be written as people write it, wherever one is named."""

import pytest

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.adapters.routes import Match, Routes
from rollout_cli.pipeline.lines import Lines
from rollout_cli.pipeline.providers import provider_named
from rollout_cli.server.gateway.options import addresses
from rollout_cli.whatsapp import PROVIDERS
from tests.pipeline.compat_layers import BODY, layer_of


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_is_named_with_either_line(provider: str) -> None:
    assert provider_named(provider) == provider_named(provider.replace("_", "-")) == provider


@pytest.mark.parametrize("word", ["", "cloud api", "Evolution", "telegram", "-"])
def test_what_is_none_is_refused_with_those_that_there_are(word: str) -> None:
    with pytest.raises(UsageError, match=r"^/a: there is no provider") as refused:
        provider_named(word, "/a: ")
    assert refused.value.hint == "there are cloud_api, evolution, baileys, simulated"


def test_layers_routes_lines_and_the_gateway_take_both() -> None:
    layer, kept, _ = layer_of()
    layer.wrap(len, provider="cloud-api")(BODY)
    assert kept.offered[0].provider == "cloud_api"
    assert Routes({"/hook": "cloud-api"}).find("/hook") == Match("cloud_api")
    assert addresses("cloud-api", ()).find("/any") == Match("cloud_api")
    assert addresses(None, ("/hook=cloud-api",)).find("/hook") == Match("cloud_api")
    Lines({("evolution", "shop"): ("cloud-api", "700100")})
