"""The composition root of `incidents`: every part, every route and every subscription."""

from fastapi import FastAPI

from sepakat_incidents import (
    alert_api,
    analytics_api,
    answer_api,
    api,
    calendar_link_api,
    comment_api,
    dispute_api,
    document_api,
    ladder_api,
    merging_api,
    opening_api,
    pages,
    postmortem_api,
    record_api,
    report_api,
    rotation_api,
    triage_api,
)
from sepakat_incidents.alert_door import AlertDoor
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.disputables import Disputables
from sepakat_incidents.dispute_reactions import DisputeReactions
from sepakat_incidents.docket import Docket
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.forms import Forms
from sepakat_incidents.hindrances import Hindrances
from sepakat_incidents.links import Signing
from sepakat_incidents.matters import Matters
from sepakat_incidents.openings import Openings
from sepakat_incidents.postmortems import PostmortemReactions, Postmortems
from sepakat_incidents.reactions import Reactions
from sepakat_incidents.reply_reactions import ReplyReactions
from sepakat_incidents.report_reactions import ReportReactions
from sepakat_incidents.reports import Reports
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.settings import IncidentsSettings
from sepakat_incidents.store import Incidents
from sepakat_incidents.turns import Turns
from sepakat_incidents.wordings import Wordings
from sepakat_shared.calendar_links import CalendarLinks
from sepakat_shared.service import Service

_FACTS_AT_ONCE = 16
"""What is told of one agreement, one incident or one report keeps its order; a flood of reports goes on beside it."""


def build(settings: IncidentsSettings) -> FastAPI:
    service = Service("incidents", settings)
    rotations, links = Rotations(service.commits), CalendarLinks(service.commits, "calendar-link", "rotation")
    incidents = Incidents(service.commits, rotations)
    contacts, wordings = Contacts(service.db), Wordings(service.db, service.clock)
    episodes = Episodes(incidents, wordings, settings.incidents_close_after)
    reactions = Reactions(incidents, rotations, contacts, episodes, wordings)
    discussions, turns = Discussions(service.commits), Turns(service.db, service.clock)
    alerts = AlertDoor(incidents, episodes, incidents.alerts, wordings, turns, discussions, service.clock)
    docket, disputables = Docket(service.commits), Disputables(service.db)
    matters = Matters(disputables, incidents, wordings)
    about_disputes = DisputeReactions(
        disputables, docket, incidents, service.clock, settings.incidents_close_after
    )  # fmt: skip
    secret = settings.incidents_secret_key
    signing = Signing(service.db, secret.get_secret_value() if secret else None)
    reports = Reports(service.commits, signing, settings.public_url)
    forms = Forms(service.commits, reports, incidents, episodes, signing, wordings, settings.public_url, service.clock)
    about_reports = ReportReactions(reports, incidents, episodes, wordings)
    postmortems = Postmortems(service.commits)
    about_notes = PostmortemReactions(postmortems, incidents, wordings)
    about_replies = ReplyReactions(discussions, incidents)
    hindrances = Hindrances(service.commits, incidents)
    reacting = [
        *reactions.all(),
        *about_disputes.all(),
        *about_reports.all(),
        *about_notes.all(),
        *about_replies.all(),
        *hindrances.reactions(),
    ]
    bus = service.start(reacting, at_once=_FACTS_AT_ONCE)

    for setup in (
        incidents.create_indexes, rotations.create_indexes, links.create_indexes, docket.create_indexes,
        disputables.create_indexes, signing.load, reports.create_indexes, forms.create_indexes,
        postmortems.create_indexes, hindrances.create_indexes,
    ):  # fmt: skip
        service.before_start(setup)
    service.alongside(lambda: incidents.alerts.forget(service.clock))
    service.keep_time(incidents.lines.states, incidents.fire)
    service.keep_time(docket.disputes.states, docket.fire)
    service.keep_time(postmortems.all.states, postmortems.fire)

    app = service.web("Sepakat incidents", "What went wrong, who was told, who took it up, and when it was over.")
    timelines = (discussions.timeline, reports.timeline, postmortems.timeline)
    app.include_router(api.router(incidents, settings.incidents_close_after, service.clock, timelines))
    app.include_router(document_api.router(incidents, postmortems, wordings, service.clock, timelines))
    openings = Openings(episodes, wordings, service.clock)
    app.include_router(opening_api.router(openings, incidents, service.posts, service.clock))
    app.include_router(comment_api.router(incidents, discussions, service.posts, service.clock))
    app.include_router(answer_api.router(incidents, reactions.text, service.posts, service.clock))
    app.include_router(ladder_api.router(incidents, contacts, service.posts, service.clock))
    app.include_router(triage_api.router(incidents, contacts, rotations, reactions.text, service.clock))
    app.include_router(alert_api.router(alerts))
    app.include_router(merging_api.router(incidents, episodes, service.clock))
    app.include_router(record_api.router(incidents, wordings, reactions.text, service.posts, service.clock))
    app.include_router(rotation_api.router(rotations, contacts, service.posts, service.clock))
    app.include_router(calendar_link_api.router(links, rotations, settings.public_url, service.clock))
    app.include_router(analytics_api.router(incidents, docket, discussions, wordings, service.clock))
    app.include_router(dispute_api.router(docket, disputables, matters, service.posts, service.clock))
    app.include_router(report_api.router(reports, incidents, forms, wordings, service.posts, service.clock))
    app.include_router(postmortem_api.router(incidents, postmortems, wordings, service.posts, service.clock))
    app.include_router(pages.router(forms, reports, signing, service.clock))
    app.state.bus = bus
    return app
