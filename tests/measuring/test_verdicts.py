"""The states of an objective as they are told: each change once, in order, and not back and forth."""

from datetime import UTC, datetime
from typing import Any

from samples import agreement

from sepakat_metrics import verdicts
from sepakat_metrics.buckets import transition_of
from sepakat_metrics.evaluation import evaluate, projection
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_metrics.telling import About
from sepakat_metrics.terms import Terms
from sepakat_metrics.verdicts import Since, Verdict, VerdictTold
from sepakat_metrics.windows import period_of
from sepakat_shared.calendars import from_ms, to_ms

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOVEMBER = to_ms(datetime(2026, 10, 31, 17, tzinfo=UTC))
DECEMBER = NOVEMBER + 30 * DAY
OF = "nusantara/checkout-state"


class Story:
    """An objective with a clock that the test owns: what is told at each look."""

    def __init__(self, measure: str = "time", target: str = "99.9", **changes: Any) -> None:
        window = changes.pop("window", {"calendar": "month"})
        text = agreement(needs=[], objectives=[{"id": "o", "indicator": OF, "measure": measure, "target": target,
                                                "window": window, **changes}])  # fmt: skip
        self.about = About(
            "toko", 1, Terms(text, text.objectives[0], None, kind={"time": "state"}.get(measure, "ratio"))
        )
        self.known = History()
        self.verdict: Verdict | None = None
        self.since = Since()

    def state(self, at: int, state: str) -> None:
        weight = {"up": 1_000_000, "down": 0}[state]
        self.known.states.add(transition_of(Fact(OF, "/p", str(at), at, "state", state=state, weight=weight)))

    def count(self, at: int, good: int, total: int) -> None:
        self.known.counts.add(at // MINUTE, good, total)
        self.known.changes.note(at)

    def look(self, at: int, period: tuple[int, int] | None = None) -> list[str]:
        """What is told at that instant, by the middle of its type."""
        zone = self.about.text.term.time_zone
        span = period or period_of(self.about.objective.window, zone, at)
        figure = evaluate(self.about.terms, self.known, at, span)
        self.since = self.since.after(figure)
        told = []
        for event in verdicts.decide_verdict(self.verdict, self.about, figure, self.since, "x"):
            self.verdict = verdicts.apply_verdict(self.verdict, event)
            if isinstance(event, VerdictTold):
                late = " late" if event.told.data and event.told.data.get("late") else ""
                told.append(".".join(event.told.type.split(".")[1:-1]) + late)
        return told


def test_from_met_to_at_risk_to_breached_and_each_is_told_once() -> None:
    story = Story()
    story.state(NOVEMBER, "up")
    assert story.look(NOVEMBER + HOUR) == []
    story.state(NOVEMBER + HOUR, "down")
    assert story.look(NOVEMBER + HOUR + MINUTE) == ["objective.at_risk"]
    assert story.look(NOVEMBER + HOUR + 2 * MINUTE) == []
    budget = 30 * DAY // 1000
    assert story.look(NOVEMBER + HOUR + budget) == []
    assert story.look(NOVEMBER + HOUR + budget + 1) == ["objective.breached"]
    assert story.look(NOVEMBER + HOUR + budget + HOUR) == []


def test_a_risk_passes_when_it_has_been_calm_and_does_not_fire_again_meanwhile() -> None:
    story = Story()
    story.state(NOVEMBER, "up")
    story.state(NOVEMBER + DAY, "down")
    assert story.look(NOVEMBER + DAY + 2 * MINUTE) == ["objective.at_risk"]
    story.state(NOVEMBER + DAY + 2 * MINUTE, "up")
    told = []
    for minute in range(3, 600):
        at = NOVEMBER + DAY + minute * MINUTE
        # It flaps for some seconds while it is calm otherwise.
        if minute == 4:
            story.state(at, "down")
            story.state(at + 1000, "up")
        told += story.look(at + 2000)
    assert told == ["objective.risk_passed"]


def test_a_share_fails_while_the_period_runs_and_regains_when_it_is_well_within() -> None:
    story = Story("occurrences", "90", minimumSample=100)
    story.count(NOVEMBER, 5, 10)
    assert story.look(NOVEMBER + MINUTE) == []
    story.count(NOVEMBER + MINUTE, 70, 90)
    assert "objective.failing" in story.look(NOVEMBER + 2 * MINUTE)
    story.count(NOVEMBER + 2 * MINUTE, 150, 150)
    # At its target but for a hair: not well within yet.
    assert "objective.regained" not in story.look(NOVEMBER + 3 * MINUTE)
    story.count(NOVEMBER + 3 * MINUTE, 500, 500)
    assert "objective.regained" not in story.look(NOVEMBER + 4 * MINUTE)
    assert "objective.regained" in story.look(NOVEMBER + 9 * MINUTE)
    assert "objective.regained" not in story.look(NOVEMBER + 10 * MINUTE)


def test_a_share_below_its_target_at_the_end_is_breached_and_closed_after_the_lateness() -> None:
    story = Story("occurrences", "90")
    story.count(NOVEMBER, 50, 100)
    story.look(NOVEMBER + HOUR)
    assert story.look(DECEMBER, (NOVEMBER, DECEMBER)) == ["objective.breached"]
    assert story.look(DECEMBER + 24 * HOUR - 1, (NOVEMBER, DECEMBER)) == []
    assert story.look(DECEMBER + 24 * HOUR, (NOVEMBER, DECEMBER)) == ["period.closed"]
    story.count(NOVEMBER + MINUTE, 100_000, 100_000)
    assert story.look(DECEMBER + 25 * HOUR, (NOVEMBER, DECEMBER)) == []


def test_a_breach_that_is_found_out_when_the_period_closes_is_late() -> None:
    story = Story("occurrences", "90")
    story.count(NOVEMBER, 50, 100)
    assert story.look(DECEMBER + 24 * HOUR, (NOVEMBER, DECEMBER)) == ["objective.breached late", "period.closed"]


def test_late_data_before_the_close_retracts_a_breach() -> None:
    story = Story("occurrences", "90")
    story.count(NOVEMBER, 50, 100)
    story.look(DECEMBER, (NOVEMBER, DECEMBER))
    story.count(NOVEMBER + MINUTE, 10_000, 10_000)
    assert story.look(DECEMBER + HOUR, (NOVEMBER, DECEMBER)) == ["objective.breach_retracted"]


def test_a_rolling_window_recovers_after_five_minutes_well_within_its_budget() -> None:
    story = Story(target="90", window={"rolling": "PT1H"})
    story.state(NOVEMBER, "up")
    story.state(NOVEMBER + DAY, "down")
    assert "objective.breached" in story.look(NOVEMBER + DAY + 6 * MINUTE + 1)
    story.state(NOVEMBER + DAY + 7 * MINUTE, "up")
    told = {minute: story.look(NOVEMBER + DAY + minute * MINUTE) for minute in range(8, 80)}
    recovered = [minute for minute, each in told.items() if "objective.recovered" in each]
    # 5.4 minutes are 90 % of the budget: reached when 1.6 of the 7 minutes have left the hour.
    assert recovered == [67]


def test_alerts_that_were_agreed_take_the_place_of_the_usual_ones() -> None:
    def at_risk(alerts: list[dict[str, str]] | None) -> bool:
        story = Story("occurrences", "99", **({} if alerts is None else {"alerts": alerts}))
        story.count(NOVEMBER, 1_000_000, 1_000_000)
        for minute in range(60):
            story.count(NOVEMBER + DAY + minute * MINUTE, 95, 100)
        return "objective.at_risk" in story.look(NOVEMBER + DAY + HOUR)

    # Five of a hundred lost where one is allowed: five times the pace over any stretch of this hour.
    assert at_risk([{"rate": "4.99", "over": "PT1H", "andOver": "PT10M"}])
    assert not at_risk([{"rate": "5", "over": "PT1H", "andOver": "PT10M"}])
    assert not at_risk([{"rate": "101", "over": "PT1H"}]), "above 100 % lost: it can never fire"


def test_a_projection_says_how_the_period_ends_if_it_goes_on_like_this() -> None:
    story = Story("occurrences", "99")
    for minute in range(0, 10 * 24 * 60):
        story.count(NOVEMBER + minute * MINUTE, 98, 100)
    figure = evaluate(story.about.terms, story.known, NOVEMBER + 10 * DAY, (NOVEMBER, DECEMBER))
    told = projection(story.about.terms, figure)
    assert told is not None
    # Twice as fast as agreed: the month's budget lasts half the month.
    assert (told["attainment"], told["met"]) == ("98.0000", False)
    assert told["exhausted_at"] == from_ms(NOVEMBER + 15 * DAY + 1)
    good = Story("occurrences", "90")
    for minute in range(0, 10 * 24 * 60):
        good.count(NOVEMBER + minute * MINUTE, 98 if minute < 7 * 1440 else 60, 100)
    figure = evaluate(good.about.terms, good.known, NOVEMBER + 10 * DAY, (NOVEMBER, DECEMBER))
    told = projection(good.about.terms, figure)
    assert told is not None
    # 1,340 of 10,000 lost so far; 40 % of the two thirds to come: 0.4 × 20 + 1.34 of 30 days' events.
    assert (told["attainment"], told["met"]) == ("68.8667", False)
    assert told["exhausted_at"] is not None
