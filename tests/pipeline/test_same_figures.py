"""The services and `sepakat evaluate` say the same of the same events: one measuring code, two ways to it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from world import World

from sepakat_cli.commands.evaluate import evaluate_files
from sepakat_cli.demo.telling import until

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip
_FIGURES = ("attainment", "exact", "met")


def objective(id: str, indicator: str, measure: str, **more: Any) -> dict[str, Any]:
    window = {"calendar": "year"}
    return {"id": id, "indicator": indicator, "measure": measure, "target": "95", "window": window, **more}


def measured(kind: str, id: str, at: datetime, **data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": id, "source": "/probe", "type": f"sepakat.metric.{kind}.v1",
            "time": at.isoformat(), "data": data}  # fmt: skip


async def test_services_and_files_give_the_same_figures(world: World) -> None:
    more = [
        objective("orders", "nusantara/orders", "occurrences"),
        objective("fast", "nusantara/latency", "share", threshold={"atMost": 800, "unit": "ms"}),
    ]
    text = await world.agree(window={"calendar": "year"}, target="90", more=more)
    kinds = {world.indicator: {}, "nusantara/orders": {"kindOfEvents": "ratio"},
             "nusantara/latency": {"kindOfEvents": "measurement", "unit": "ms"}}  # fmt: skip
    for indicator, changes in kinds.items():
        await world.register(indicator, **changes)
    begin = datetime.now(UTC) - timedelta(minutes=30)
    events = [
        world.event(f"s{i}", "down" if i in (7, 8, 19) else "up", begin + i * timedelta(minutes=1)) for i in range(28)
    ]
    events += [measured("sample", f"r{i}", begin + i * timedelta(seconds=70), indicator="nusantara/orders",
                        good=97 - i % 5, total=100) for i in range(20)]  # fmt: skip
    events += [measured("measurement", f"m{i}", begin + i * timedelta(seconds=50), indicator="nusantara/latency",
                        value=700 + i * 13.37, unit="ms") for i in range(20)]  # fmt: skip
    start, offset = begin.isoformat(), [0, 30_000, 95_000, 250_000, 31_000]
    events += [
        measured("sample", "b1", begin, indicator="nusantara/orders",
                 samples=[{"time": start, "good": 97, "total": 100}, {"time": start, "good": 93, "total": 100}]),
        measured("sample", "b2", begin, indicator="nusantara/orders",
                 columns={"start": start, "offset": offset, "good": [99, 98, 95, 90, 93], "total": [100] * 5}),
        measured("measurement", "b3", begin, indicator="nusantara/latency", unit="ms",
                 columns={"start": start, "offset": offset, "value": [700.5, 800, 800.001, 900, 901]}),
    ]  # fmt: skip
    results = await world.send(*events, *events[3:9], *events[-2:])
    assert {each["outcome"] for each in results} == {"accepted", "duplicate"}

    lines = [json.dumps(each).encode() for each in (*events, *events[3:9], *events[-2:])]
    differences: list[Any] = []

    async def the_same() -> bool:
        """Whether each figure that the service shows is what the files give for its instant."""
        shown = {
            each["objective"]: each for each in await world.items("metrics", "/v1/status", agreement=world.agreement)
        }
        differences.clear()
        for name, figure in shown.items():
            as_of = datetime.fromisoformat(figure["as_of"])
            files = evaluate_files(yaml.safe_dump(text), lines, as_of)["objectives"]
            told = next(each for each in files if each["objective"] == name)
            if any(told[key] != figure[key] for key in _FIGURES) or told["budget"] != figure["budget"]:
                differences.append((told, figure))
        return len(shown) == 3 and not differences

    await until("the same figures", the_same)
    exact = {
        each["objective"]: each["exact"]
        for each in await world.items("metrics", "/v1/status", agreement=world.agreement)
    }
    assert (exact["fast"], exact["orders"]) == ("2/5", "19/20")
