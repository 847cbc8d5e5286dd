"""What is owed for a missed period, by which rules, and what becomes of it: pure decisions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from samples import agreement

from sepakat_agreements import credit as domain
from sepakat_agreements import crediting
from sepakat_agreements.credit import Account, Credit, Status
from sepakat_agreements.credit_facts import of_account
from sepakat_agreements.crediting import Told, Wording
from sepakat_shared.errors import Conflict, Forbidden, NotFound

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOVEMBER = datetime(2026, 11, 1, tzinfo=JAKARTA), datetime(2026, 12, 1, tzinfo=JAKARTA)
ID = "toko-checkout.2026.availability.20261031T170000Z"


def objective(id: str = "availability", window: str = "month", **credits: Any) -> dict[str, Any]:
    given = {"of": "fee", "tiers": [{"below": "99.9", "percent": "10"}], "claimWithin": "P60D", **credits}
    return {"id": id, "indicator": "nusantara/checkout-state", "measure": "time", "target": "99.9",
            "window": {"calendar": window}, "credits": given}  # fmt: skip


def wording(
    *objectives: dict[str, Any], lasts: Any = (None, None), currency: str = "IDR", amount: str = "25000000",
    **rules: Any,
) -> Wording:  # fmt: skip
    text = agreement(
        objectives=objectives or [objective()], creditRules={"mode": "on-claim", **rules},
        charges=[{"id": "fee", "amount": amount, "currency": currency}],
    )  # fmt: skip
    return Wording(text, lasts, ("rina",), ("budi",))


def told(percent: str = "10", of: str = "availability", period: Any = NOVEMBER, **more: Any) -> Told:
    start, end = (each.astimezone(UTC) for each in period)
    about: dict[str, Any] = {"service": "checkout", "subject": f"{of}/x", "version": 1, "at": NOW, **more}
    return Told(objective=of, start=start, end=end, percent=Decimal(percent), **about)


def after(account: Account | None, events: Sequence[Any]) -> Account:
    state = reduce(domain.apply, events, account)
    assert state is not None
    return state


def owed(*figures: Told, by: Wording | None = None) -> Account:
    account: Account | None = None
    for each in figures:
        account = after(account, crediting.told(account, by or wording(), each, each.at))
    assert account is not None
    return account


def one(account: Account) -> Credit:
    (credit,) = account.credits
    return credit


def accepted(account: Account) -> Account:
    account = after(account, domain.claim(account, ID, CUSTOMER, None, "budi", NOW))
    return after(account, domain.accept(account, ID, PROVIDER, None, "rina", NOW))


def settled(account: Account) -> Account:
    account = accepted(account)
    return after(account, domain.settle(account, ID, PROVIDER, "invoice 7", "rina", NOW))


# -- amounts -----------------------------------------------------------------------------------------------------------


def test_a_missed_period_is_credited_by_the_percentage_that_was_told() -> None:
    credit = one(owed(told()))
    assert (credit.id, credit.status, credit.amount, credit.share) == (ID, Status.DUE, "2500000.00", "1/1")
    assert credit.claim_until == NOW + 60 * DAY
    assert crediting.account_of(credit.id) == "toko-checkout.2026"
    assert crediting.told(None, wording(), told("0"), NOW) == [], "a period that was met owes nothing"
    assert crediting.told(None, wording(), told(of="another"), NOW) == []
    rolling = wording({**objective(), "window": {"rolling": "P28D"}})
    assert crediting.told(None, rolling, told(), NOW) == [], "a window that never ends"


def test_where_it_is_owed_without_being_asked_for_it_waits_for_the_provider_at_once() -> None:
    credit = one(owed(told(), by=wording(mode="automatic")))
    assert (credit.status, credit.claim_until) == (Status.CLAIMED, None)


@pytest.mark.parametrize(
    ("lasts", "period", "share", "amount"),
    [
        ((datetime(2026, 11, 16, tzinfo=JAKARTA), None), NOVEMBER, "1/2", "1250000.00"),
        ((None, datetime(2026, 11, 11, tzinfo=JAKARTA)), NOVEMBER, "1/3", "833333.33"),
        ((None, None), (datetime(2026, 11, 25, tzinfo=JAKARTA), NOVEMBER[1]), "1/5", "500000.00"),
    ],
)
def test_of_a_period_that_the_term_or_the_version_covers_in_part_that_part_is_owed(
    lasts: Any, period: Any, share: str, amount: str
) -> None:
    credit = one(owed(told(period=period), by=wording(lasts=lasts)))
    assert (credit.share, credit.full, credit.amount) == (share, amount, amount)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("5/2", "JPY", "2"), ("7/2", "JPY", "4"), ("1/8", "USD", "0.12"), ("1/8", "KWD", "0.125"), ("1/3", "IDR", "0.33")],
)
def test_money_is_rounded_once_to_its_minor_unit_half_to_even(amount: str, currency: str, rounded: str) -> None:
    assert f"{crediting.rounded(Fraction(amount), currency)}" == rounded


def test_one_outage_is_credited_by_the_highest_and_the_later_one_adds_the_difference() -> None:
    by = wording(objective(), objective("quarterly", "quarter"))
    quarter = datetime(2026, 10, 1, tzinfo=JAKARTA), datetime(2027, 1, 1, tzinfo=JAKARTA)
    account = owed(told("10"), told("25", "quarterly", quarter), by=by)
    assert [each.amount for each in account.credits] == ["2500000.00", "3750000.00"]
    assert account.credits[1].reduced_by == ("same-outage",)
    lower = owed(told("10"), told("5", "quarterly", quarter), by=by)
    assert [(each.amount, each.status) for each in lower.credits] == [
        ("2500000.00", Status.DUE), ("0", Status.VOID),
    ]  # fmt: skip
    each = owed(told("10"), told("25", "quarterly", quarter),
                by=wording(objective(), objective("quarterly", "quarter"), sameOutage="each"))  # fmt: skip
    assert [credit.amount for credit in each.credits] == ["2500000.00", "6250000.00"]
    apart = owed(told("10"), told("25", "quarterly", quarter, service="search"), by=by)
    assert apart.credits[1].reduced_by == (), "another service has outages of its own"


def test_all_credits_of_a_month_are_at_most_the_cap_and_another_month_has_its_own() -> None:
    by = wording(objective(), objective("second"), sameOutage="each", cap={"percent": "15", "per": "month"})
    december = NOVEMBER[1], datetime(2027, 1, 1, tzinfo=JAKARTA)
    account = owed(told(), told(of="second"), told(of="second", period=december), by=by)
    assert [each.amount for each in account.credits] == ["2500000.00", "1250000.00", "2500000.00"]
    assert [each.reduced_by for each in account.credits] == [(), ("cap",), ()]


def test_where_an_earlier_one_is_corrected_away_the_later_ones_take_its_room() -> None:
    by = wording(objective(), objective("second"), sameOutage="each", cap={"percent": "15", "per": "month"})
    account = owed(told(), told(of="second"), by=by)
    later = NOW + 90 * DAY
    account = after(account, crediting.told(account, by, told("0", at=later), later))
    assert [(each.amount, each.status) for each in account.credits] == [
        ("0.00", Status.VOID), ("2500000.00", Status.DUE),
    ]  # fmt: skip
    assert account.credits[1].claim_until == later + 60 * DAY, "nobody could claim it before"


# -- its way -----------------------------------------------------------------------------------------------------------


def test_a_credit_is_claimed_contested_accepted_and_settled_and_a_repeat_changes_nothing() -> None:
    account = owed(told())
    with pytest.raises(Forbidden, match="to whom the credit is owed"):
        domain.claim(account, ID, PROVIDER, None, "rina", NOW)
    with pytest.raises(Conflict, match="waits for the customer's claim"):
        domain.accept(account, ID, PROVIDER, None, "rina", NOW)
    with pytest.raises(NotFound):
        domain.claim(account, f"{ID}x", CUSTOMER, None, "budi", NOW)
    account = after(account, domain.claim(account, ID, CUSTOMER, "please", "budi", NOW))
    assert domain.claim(account, ID, CUSTOMER, None, "budi", NOW) == []
    with pytest.raises(Forbidden, match="who owes the credit"):
        domain.contest(account, ID, CUSTOMER, "no", "budi", NOW)
    account = after(account, domain.contest(account, ID, PROVIDER, "your firewall", "rina", NOW))
    assert (one(account).status, one(account).reason) == (Status.CONTESTED, "your firewall")
    assert domain.contest(account, ID, PROVIDER, "your firewall", "rina", NOW) == []
    with pytest.raises(Conflict, match="accept it first"):
        domain.settle(account, ID, PROVIDER, "invoice 7", "rina", NOW)
    account = after(account, domain.accept(account, ID, PROVIDER, None, "rina", NOW))
    assert domain.accept(account, ID, PROVIDER, None, "rina", NOW) == []
    account = after(account, domain.settle(account, ID, PROVIDER, "invoice 7", "rina", NOW))
    credit = one(account)
    assert (credit.status, credit.settled, credit.outstanding, credit.reason) == (
        Status.SETTLED, "2500000.00", 0, None,
    )  # fmt: skip
    assert domain.settle(account, ID, PROVIDER, "invoice 7", "rina", NOW) == []
    with pytest.raises(Conflict, match="nothing is outstanding"):
        domain.settle(account, ID, PROVIDER, "invoice 8", "rina", NOW)


def test_what_is_not_claimed_in_time_lapses() -> None:
    account, end = owed(told()), NOW + 60 * DAY
    assert (domain.due_at(account), domain.fire(account, end - DAY)) == (end, [])
    with pytest.raises(Conflict, match="has passed"):
        domain.claim(account, ID, CUSTOMER, None, "budi", end)
    account = after(account, domain.fire(account, end))
    assert (one(account).status, domain.due_at(account), domain.fire(account, end)) == (Status.LAPSED, None, [])
    with pytest.raises(Conflict, match="has passed"):
        domain.claim(account, ID, CUSTOMER, None, "budi", end)


def test_the_time_to_claim_is_of_the_calendar() -> None:
    by = wording(objective(claimWithin="P1M"))
    assert one(owed(told(at=datetime(2026, 1, 31, 3, tzinfo=UTC)), by=by)).claim_until == datetime(
        2026, 2, 28, 3, tzinfo=UTC
    )


# -- corrections -------------------------------------------------------------------------------------------------------


def corrected(account: Account, percent: str, at: datetime = NOW, **more: Any) -> Account:
    return after(account, crediting.told(account, wording(), told(percent, at=at, **more), at))


def test_the_same_figure_again_changes_nothing() -> None:
    account = owed(told())
    assert crediting.told(account, wording(), told(at=NOW + DAY), NOW + DAY) == []


def test_a_correction_to_nothing_voids_it_and_one_back_opens_its_time_anew() -> None:
    account = corrected(owed(told()), "0")
    assert (one(account).status, one(account).amount, domain.due_at(account)) == (Status.VOID, "0.00", None)
    account = corrected(account, "10", NOW + 80 * DAY)
    assert (one(account).status, one(account).claim_until) == (Status.DUE, NOW + 140 * DAY)


def test_one_that_lapsed_is_to_be_claimed_again_only_where_more_is_owed() -> None:
    lapsed = after(owed(told()), domain.fire(owed(told()), NOW + 60 * DAY))
    assert one(corrected(lapsed, "5", NOW + 70 * DAY)).status is Status.LAPSED
    again = one(corrected(lapsed, "25", NOW + 70 * DAY))
    assert (again.status, again.claim_until) == (Status.DUE, NOW + 130 * DAY)


def test_the_outcome_of_a_dispute_accepts_what_was_contested() -> None:
    account = owed(told())
    account = after(account, domain.claim(account, ID, CUSTOMER, None, "budi", NOW))
    account = after(account, domain.contest(account, ID, PROVIDER, "no", "rina", NOW))
    assert one(corrected(account, "5")).status is Status.CONTESTED
    assert (credit := one(corrected(account, "5", dispute="d.0001"))).status is Status.ACCEPTED
    assert (credit.amount, credit.reason) == ("1250000.00", None)


def test_what_was_settled_stays_settled_and_the_rest_is_outstanding() -> None:
    account = settled(owed(told()))
    more = one(corrected(account, "25"))
    assert (more.status, more.outstanding, more.settled) == (Status.ACCEPTED, Decimal("3750000.00"), "2500000.00")
    less = one(corrected(account, "5"))
    assert (less.status, less.outstanding) == (Status.SETTLED, Decimal("-1250000.00"))
    assert one(corrected(account, "0")).status is Status.SETTLED


# -- in any order ------------------------------------------------------------------------------------------------------


class Credits(RuleBasedStateMachine):
    """Figures, corrections, claims, answers and time in any order, with a cap and one outage credited once."""

    def __init__(self) -> None:
        super().__init__()
        self.by = wording(objective(), objective("second"), cap={"percent": "30", "per": "month"})
        self.account: Account | None = None
        self.now = NOW

    def take(self, events: Sequence[Any]) -> None:
        for event in events:
            self.account = domain.apply(self.account, event)
            assert all(each.data for each in of_account(event, self.account)), "every change is told"

    @rule(percent=st.sampled_from(["0", "5", "10", "25", "60"]), of=st.sampled_from(["availability", "second"]),
          dispute=st.sampled_from([None, "d.0001"]))  # fmt: skip
    def tell(self, percent: str, of: str, dispute: str | None) -> None:
        figure = told(percent, of, at=self.now, dispute=dispute)
        self.take(crediting.told(self.account, self.by, figure, self.now))
        assert crediting.told(self.account, self.by, figure, self.now) == []

    @precondition(lambda self: self.account is not None)
    @rule(what=st.sampled_from(["claim", "accept", "contest", "settle"]), first=st.booleans())
    def act(self, what: str, first: bool) -> None:
        assert self.account is not None
        credit = self.account.credits[0 if first else -1]
        party = CUSTOMER if what == "claim" else PROVIDER
        try:
            self.take(getattr(domain, what)(self.account, credit.id, party, "x", "y", self.now))
        except Conflict:
            return
        assert getattr(domain, what)(self.account, credit.id, party, "x", "y", self.now) == []

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.now += days * DAY
        self.take(domain.fire(self.account, self.now))

    @invariant()
    def what_is_owed_keeps_to_the_rules(self) -> None:
        credits = self.account.credits if self.account else ()
        amounts = [Decimal(each.amount) for each in credits]
        highest = max((Decimal(each.full) for each in credits), default=Decimal(0))
        assert sum(amounts) == min(highest, Decimal(7_500_000)), "the highest of all, up to the cap"
        for each in credits:
            assert (each.status is not Status.DUE) or (each.claim_until is not None and each.claim_until > self.now)
            assert (each.status is not Status.ACCEPTED) or each.outstanding > 0
            assert (each.status is not Status.VOID) or not Decimal(each.settled)


TestCredits = Credits.TestCase
TestCredits.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
