"""The metric of what is probably unintended in the configuration follows the
configuration.
"""

from prometheus_client import REGISTRY

from domain.oncall.book import OnCallBook
from infra.followers.config_warnings import ConfigWarnings
from tests.support.dsl import NOON, configured, published


class InForce:
    """A registry that has what it is given."""

    def __init__(self, config):
        self.found = config

    async def config(self):
        return self.found

    async def config_to_check(self):
        return self.found

    async def oncall(self):
        return OnCallBook()


def shown(kind):
    return REGISTRY.get_sample_value("pledge_config_warnings", {"kind": kind})


async def test_what_is_mended_is_no_longer_counted():
    registry = InForce(configured({"teams": {"empty": {"members": []}}}))
    watching = ConfigWarnings(registry, lambda: NOON)
    await watching.look()
    assert (shown("teams"), shown("sla-policies")) == (1, 0)
    told = {"name": "Ann", "email": "ann@shop.example"}
    registry.found = published(registry.found, "agents", "ann", told)
    registry.found = published(registry.found, "teams", "empty", {"members": ["ann"]})
    await watching.look()
    assert shown("teams") == 0
