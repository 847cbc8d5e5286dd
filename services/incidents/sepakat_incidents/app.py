"""The composition root of `incidents`: every part, every route and every subscription."""

from fastapi import FastAPI

from sepakat_incidents import (
    analytics_api,
    answer_api,
    api,
    comment_api,
    deadlines,
    dispute_api,
    ladder_api,
    pages,
    postmortem_api,
    report_api,
    rotation_api,
)
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.disputables import Disputables
from sepakat_incidents.dispute_reactions import DisputeReactions, beside
from sepakat_incidents.docket import Docket
from sepakat_incidents.forms import Forms
from sepakat_incidents.links import Signing
from sepakat_incidents.matters import Matters
from sepakat_incidents.postmortems import PostmortemReactions, Postmortems
from sepakat_incidents.reactions import Reactions
from sepakat_incidents.report_reactions import ReportReactions
from sepakat_incidents.reports import Reports
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.settings import IncidentsSettings
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wordings
from sepakat_shared.service import Service
from sepakat_shared.timers import Timers


def build(settings: IncidentsSettings) -> FastAPI:
    service = Service("incidents", settings)
    rotations = Rotations(service.commits)
    incidents = Incidents(service.commits, rotations)
    reactions = Reactions(service.db, incidents, rotations, settings.incidents_close_after)
    docket, disputables = Docket(service.commits), Disputables(service.db)
    wordings = Wordings(service.db, service.clock)
    matters = Matters(disputables, incidents, wordings)
    about_disputes = DisputeReactions(
        disputables, docket, incidents, service.clock, settings.incidents_close_after
    )  # fmt: skip
    discussions = Discussions(service.commits)
    secret = settings.incidents_secret_key
    links = Signing(service.db, secret.get_secret_value() if secret else None)
    reports = Reports(service.commits, links, settings.public_url)
    forms = Forms(service.commits, reports, incidents, links, settings.public_url, service.clock)
    about_reports = ReportReactions(reports, incidents, wordings)
    postmortems = Postmortems(service.commits)
    about_notes = PostmortemReactions(postmortems, incidents, wordings)
    about_others = beside(about_disputes.all(), beside(about_reports.all(), about_notes.all()))
    bus = service.start(beside(reactions.all(), about_others))

    async def fire(id: str) -> None:
        await incidents.on_ladder(id, deadlines.fire, by="timer")

    timers = Timers(incidents.lines.states, "due_at", service.clock, fire)
    of_disputes = Timers(docket.disputes.states, "due_at", service.clock, docket.fire)
    of_notes = Timers(postmortems.all.states, "due_at", service.clock, postmortems.fire)
    service.before_start(incidents.create_indexes)
    service.before_start(rotations.create_indexes)
    service.before_start(docket.create_indexes)
    for setup in (disputables.create_indexes, links.load, reports.create_indexes, forms.create_indexes,
                  postmortems.create_indexes):  # fmt: skip
        service.before_start(setup)
    for states, each in (
        (incidents.lines.states, timers), (docket.disputes.states, of_disputes), (postmortems.all.states, of_notes),
    ):  # fmt: skip
        service.commits.tell(states.name, each.wake)
        service.before_start(each.create_indexes)
        service.alongside(each.run)

    app = service.web("Sepakat incidents", "What went wrong, who was told, who took it up, and when it was over.")
    timelines = (discussions.timeline, reports.timeline, postmortems.timeline)
    app.include_router(api.router(incidents, settings.incidents_close_after, service.clock, timelines))
    app.include_router(comment_api.router(incidents, discussions, service.posts, service.clock))
    app.include_router(answer_api.router(incidents, reactions.text, service.posts, service.clock))
    app.include_router(ladder_api.router(incidents, service.posts, service.clock))
    app.include_router(rotation_api.router(rotations, service.posts, service.clock))
    app.include_router(analytics_api.router(incidents, docket, service.clock))
    app.include_router(dispute_api.router(docket, disputables, matters, service.posts, service.clock))
    app.include_router(report_api.router(reports, forms, wordings, service.posts, service.clock))
    app.include_router(postmortem_api.router(incidents, postmortems, wordings, service.posts, service.clock))
    app.include_router(pages.router(forms, reports, links, service.clock))
    app.state.bus = bus
    return app
