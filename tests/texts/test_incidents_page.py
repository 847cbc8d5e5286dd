"""The examples of the page about incidents hold: the matrix is read, the labels are understood, the door is there."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import yaml
from samples import agreement_dict

from sepakat_incidents import alert_api, alerts
from sepakat_incidents.alert_door import AlertDoor
from sepakat_incidents.alerts import Alert, Target
from sepakat_shared.auth import SCOPES
from sepakat_shared.contracts import reading, texts
from sepakat_shared.contracts.matrix import DEFAULT, DEGREES, priority_of

PAGE = (Path(__file__).parents[2] / "docs" / "incidents.md").read_text()
MATRIX, CONFIG, RULES, *_ = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.S))


def test_the_matrix_is_read_and_the_default_one_is_the_table() -> None:
    level = {"levels": [{"notify": ["oncall"], "acknowledgeWithin": "PT15M"}]}
    given = agreement_dict(**MATRIX, escalation={"critical": level, "normal": level})
    (text,) = reading.parse_documents(json.dumps(given))
    assert isinstance(text, texts.Agreement)
    assert priority_of(text, "low", "high") == "P2"
    assert priority_of(text, "low", "medium") == "P3", "P4 by the table, and the nearest graver one is P3"
    table = re.findall(r"^\| (high|medium|low) \| (P\d) \| (P\d) \| (P\d) \|$", PAGE, re.M)
    assert {f"{row[0]}-{urgency}": row[i] for row in table for i, urgency in enumerate(DEGREES, 1)} == DEFAULT


def test_alertmanager_posts_where_there_is_a_door_what_the_door_understands() -> None:
    (receiver,) = CONFIG["receivers"]
    assert CONFIG["route"]["receiver"] == receiver["name"]
    assert set(CONFIG["route"]["group_by"]) == {alerts.AGREEMENT, alerts.SERVICE, alerts.CAUSE}
    (webhook,) = receiver["webhook_configs"]
    routes: list[Any] = alert_api.router(cast(AlertDoor, None)).routes
    assert webhook["url"].endswith(routes[0].path) and webhook["send_resolved"]
    assert "alerts:write" in SCOPES
    (rule,) = RULES["groups"][0]["rules"]
    alert = Alert("f", datetime(2026, 11, 24, tzinfo=UTC), None, rule["labels"], rule["annotations"])
    assert alerts.target_of(alert) == Target("toko-checkout-2026", "checkout")
    assert (alerts.gravity(alert), alert.words) == (("high", "high"), "Checkout does not answer")
