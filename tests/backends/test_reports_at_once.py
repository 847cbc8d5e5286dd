"""Two instances, and many facts at once, that all would act on the same report: each acts once."""

import asyncio
from typing import Any

import pytest
from reporting import FIRST, MAIN, Desk, World, fact_of, opened

from sepakat_cli.backends import Backend
from sepakat_incidents import answers
from sepakat_incidents.report import Filed, Linked, Progressed
from sepakat_shared.commits import verify_chain
from sepakat_shared.contracts.incidents import IncidentMerged
from sepakat_shared.contracts.reports import ReportFiled

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


async def beside(desk: Desk) -> World:
    """A second instance on the same database."""
    other = World(desk.world.db)
    other.clock.set(desk.world.clock.now())
    await other.links.load()
    return other


async def filed(desk: Desk, **changes: Any) -> tuple[dict[str, str], bytes]:
    """A report, and the fact that it was filed as the relay publishes it."""
    id = (await desk.file(**changes))["id"]
    return await fact_of(desk.world, f"report/{id}", ReportFiled)


async def test_sixteen_facts_in_two_instances_link_a_report_once_and_tell_it_each_step_once(backend: Backend) -> None:
    async with opened(backend) as desk:
        await desk.file(impact="high", urgency="high")
        await desk.world.bring()
        await desk.world.do(MAIN, answers.acknowledge, "rina", "nusantara")
        there = await beside(desk)
        fact = await filed(desk, reporter={"name": "Dewi", "email": "dewi@toko.example"})
        await asyncio.gather(*[each.handle(*fact) for each in (desk.world, there) * 8])
        commits = await desk.world.commits.of(f"report/{fact[0]['ce_subject']}")
        verify_chain(commits)
        decided = [event["type"] for each in commits for event in each["events"]]
        assert decided == [each.__name__ for each in (Filed, Linked, Progressed)]
        told = [message["data"] for each in commits for message in each["messages"]]
        assert [each["step"] for each in told if "step" in each] == ["taken-up"]


async def test_reports_at_once_in_two_instances_open_one_incident_and_one_of_an_address_is_told_how_it_goes(
    backend: Backend,
) -> None:
    async with opened(backend) as desk:
        there = await beside(desk)
        facts = [await filed(desk) for _ in range(6)]
        # Each of them in both, as after a rebalance.
        await asyncio.gather(*[each.handle(*fact) for fact in facts for each in (desk.world, there)])
        reports = [(await there.reports.all.get(fact[0]["ce_subject"])).state for fact in facts]
        assert {each.incident for each in reports} == {MAIN}
        assert sum(each.followed for each in reports) == 1
        assert [(await there.reports.all.get(each.id)).version for each in reports] == [2] * 6
        line = (await there.incidents.lines.get("toko-checkout.checkout")).state
        assert line.episodes == 1


async def test_what_one_instance_filed_and_another_one_linked_hears_of_the_merge_from_either(backend: Backend) -> None:
    async with opened(backend) as desk:
        here = desk.world
        await here.begin_first()
        there = await beside(desk)
        fact = await filed(desk)
        await there.handle(*fact)
        await here.do(FIRST, answers.acknowledge, "rina", "nusantara")
        await here.merge()
        await here.handle(*await fact_of(here, "line/toko-checkout.checkout", IncidentMerged))
        report = (await there.reports.all.get(fact[0]["ce_subject"])).state
        assert [each.step for each in report.steps] == ["taken-up"]
