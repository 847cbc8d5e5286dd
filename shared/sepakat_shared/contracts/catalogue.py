"""Every event of the system by the topic it travels on: what AsyncAPI, the schemas and their checks are made from."""

from typing import Final

from pydantic import BaseModel

from sepakat_shared.contracts import (
    agreements,
    compliance,
    credits,
    disputes,
    incidents,
    lasting,
    metrics,
    notifications,
    oncall,
    postmortems,
    proposals,
    reports,
    texts,
    topics,
)
from sepakat_shared.contracts.fact import Fact

Event = (
    type[Fact] | type[metrics.MetricSample] | type[metrics.MetricMeasurement] | type[metrics.MetricState]
    | type[metrics.MetricTicket]
)  # fmt: skip

EVENTS: Final[dict[str, tuple[Event, ...]]] = {
    topics.METRICS: (metrics.MetricSample, metrics.MetricMeasurement, metrics.MetricState, metrics.MetricTicket),
    topics.COMPLIANCE: (
        compliance.ImpairmentBegan,
        compliance.ImpairmentEnded,
        compliance.ObjectiveAtRisk,
        compliance.ObjectiveRiskPassed,
        compliance.ObjectiveFailing,
        compliance.ObjectiveRegained,
        compliance.ObjectiveBreached,
        compliance.ObjectiveRecovered,
        compliance.BreachRetracted,
        compliance.PeriodClosed,
        compliance.PeriodCorrected,
        compliance.AdjustmentGranted,
        compliance.AdjustmentWithdrawn,
        compliance.BacktestCompleted,
        compliance.BacktestFailed,
    ),
    topics.INCIDENTS: (
        incidents.IncidentOpened,
        incidents.CauseAttached,
        incidents.IncidentRaised,
        incidents.IncidentEscalated,
        incidents.EscalationExhausted,
        incidents.IncidentAcknowledged,
        incidents.IncidentResolved,
        incidents.IncidentClosed,
        incidents.IncidentUnacknowledged,
        incidents.IncidentHandedOver,
        incidents.ContactUnreached,
        incidents.IncidentUpdated,
        incidents.IncidentCommented,
        incidents.IncidentPrioritised,
        incidents.IncidentTriaged,
        incidents.IncidentOwnerChanged,
        incidents.IncidentReopened,
        incidents.ImpactCorrected,
        incidents.IncidentMerged,
        incidents.IncidentLinked,
        incidents.IncidentUnlinked,
        incidents.PauseRequested,
        incidents.PauseAnswered,
        incidents.ClockStarted,
        incidents.ClockForecast,
        incidents.ClocksPaused,
        incidents.ClocksResumed,
        incidents.ClocksRetimed,
        incidents.ClockMet,
        incidents.ClockMissed,
        disputes.DisputeRaised,
        disputes.DisputeAnswered,
        disputes.DisputeCountered,
        disputes.DisputeReminded,
        disputes.DisputeStepDefaulted,
        disputes.DisputeReferred,
        disputes.DisputeSettled,
        disputes.DisputeWithdrawn,
        disputes.DisputeRecalculated,
        oncall.OnCallOverridden,
        oncall.OverrideWithdrawn,
        postmortems.PostmortemPublished,
        postmortems.PostmortemReminded,
        postmortems.FollowUpReminded,
        postmortems.FollowUpDone,
        reports.ReportFiled,
        reports.ReportProgressed,
    ),
    topics.NOTIFICATIONS: (
        notifications.NotificationDelivered,
        notifications.NotificationGivenUp,
        notifications.NotificationSuppressed,
        notifications.NotificationAcknowledged,
        notifications.NotificationFailing,
        notifications.EndpointDisabled,
    ),
    topics.AGREEMENTS: (
        agreements.AgreementDrafted,
        agreements.AgreementSigned,
        agreements.AgreementActivated,
        agreements.AgreementAmended,
        agreements.NeedStated,
        agreements.NeedAnswered,
        agreements.NeedWithdrawn,
        agreements.NeedWaived,
        proposals.ProposalMade,
        proposals.ProposalCommented,
        proposals.ProposalReminded,
        proposals.ProposalClosed,
        lasting.DateAhead,
        lasting.AgreementRenewed,
        lasting.TerminationGiven,
        lasting.TerminationTakenBack,
        lasting.AgreementEnded,
        agreements.BacktestRequested,
        credits.CreditOwed,
        credits.CreditCorrected,
        credits.CreditClaimed,
        credits.CreditAccepted,
        credits.CreditContested,
        credits.CreditSettled,
        credits.CreditLapsed,
    ),
    topics.AGREEMENT_TEXTS: (agreements.AgreementTextPublished,),
    topics.CONTACTS: (agreements.PartyRecorded, agreements.ContactRecorded),
    topics.REPORTERS: (reports.ReporterRecorded,),
    topics.KEYS: (agreements.KeyIssued, agreements.KeyRevoked),
}

TEXTS: Final[dict[str, type[BaseModel]]] = {
    "party": texts.Party,
    "indicator": texts.Indicator,
    "agreement": texts.Agreement,
}
"""What people write, by the name of its schema."""


def every_event() -> list[Event]:
    return [event for events in EVENTS.values() for event in events]
