"""How keys are written: what a finding shows to somebody who wrote another type, instead of a page to read."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, str] = {
    "addresses": "[10.0.3.7, 10.1.0.0/24]",
    "allow": "[docker]",
    "allowlist": "['shopper-1', 'shopper-2']",
    "command": "[python3, -c, 'print(1)']",
    "covers": "['a line of the checklist']",
    "denylist": "['shopper-1', 'shopper-2']",
    "environment": "[DEPLOY_TOKEN]",
    "header_env": "{Authorization: DEPLOY_TOKEN}",
    "headers": "{Accept: application/json}",
    "inconclusive_on": "[2]",
    "needs": "[another-check]",
    "on": "{fail: hold, inconclusive: hold, error: hold}",
    "pass_on": "[0]",
    "requires": "[ANOTHER_FLAG]",
    "status": "[200, 204]",
    "steps": "[{percent: 10}, {percent: 100}]",
    "tables": "[orders]",
    "values": "[one, another]",
}
"""A value of the right type, by the key it stands under."""
