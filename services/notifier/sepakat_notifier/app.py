"""The composition root of `notifier`: every part, every route and every subscription."""

from fastapi import FastAPI

from sepakat_notifier import (
    api,
    branding_api,
    chat_api,
    endpoint_api,
    feed_api,
    feedback_pages,
    pages,
    pause_pages,
    preference_api,
    reading,
    status_feed_api,
    unsubscribing,
)
from sepakat_notifier.brandings import Brandings
from sepakat_notifier.channels import Sender
from sepakat_notifier.channels.calling import Client
from sepakat_notifier.channels.chat import ChatSender
from sepakat_notifier.channels.email import MailSender
from sepakat_notifier.channels.webhook import WebhookSender
from sepakat_notifier.chat_links import ChatLinks
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.digests import Digests
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.feed import Feed
from sepakat_notifier.feedback_pages import FeedbackPages
from sepakat_notifier.gathering import Rules
from sepakat_notifier.health import Health
from sepakat_notifier.own_reactions import OwnReactions
from sepakat_notifier.pages import Pages
from sepakat_notifier.pause_pages import PausePages
from sepakat_notifier.planning import Planning
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.reactions import Reactions
from sepakat_notifier.replays import Replays
from sepakat_notifier.replies import Replies
from sepakat_notifier.reply_door import ReplyDoor
from sepakat_notifier.reply_senders import Senders
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.standings import Standings
from sepakat_notifier.status_feeds import StatusFeeds
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Vault
from sepakat_notifier.works import Works
from sepakat_shared.service import Service

_FACTS_AT_ONCE = 16
"""A message to one party waits for no other's; whom an incident's next fact is told to depends on its earlier ones."""


def build(settings: NotifierSettings) -> FastAPI:
    service = Service("notifier", settings)
    clock = service.clock
    vault = Vault(settings.notifier_secret_key.get_secret_value())
    allowed = settings.notifier_allow_networks
    notifications = Notifications(service.commits)
    endpoints = Endpoints(service.commits)
    directory = Directory(service.db)
    preferences = Preferences(service.commits)
    authorities = settings.notifier_authorities
    hooks = WebhookSender(endpoints, vault, allowed, settings.notifier_attempt_timeout, clock, authorities)
    brandings = Brandings(service.commits)
    mails = MailSender(settings, directory, notifications, preferences, vault, clock, brandings)
    health = Health(endpoints, settings.notifier_disable_after, clock)
    digests = Digests(notifications, directory, vault, settings, clock)
    calling = Client(allowed, settings.notifier_attempt_timeout, authorities)
    chat_links = ChatLinks(endpoints, directory, vault, settings, clock)
    chats = ChatSender(endpoints, notifications, directory, digests, chat_links, vault, calling)
    senders: dict[str, Sender] = {"email": mails, "webhook": hooks, "chat": chats}
    deliveries = Deliveries(notifications, senders, settings, clock, health)
    planning = Planning(notifications, deliveries)
    storms = Rules(
        settings.notifier_summary_window, settings.notifier_summary_after, settings.notifier_summary_after_of_agreement
    )
    reactions = Reactions(service.db, notifications, endpoints, directory, preferences, planning, clock, storms)
    own = OwnReactions(notifications, endpoints, directory, planning, settings.notifier_operator_mail, clock)
    standings, works = Standings(service.db), Works(service.db)
    feed = Feed(service.db, settings.notifier_feed_keep, clock)
    bus = service.start(
        [*reactions.all(), *standings.reactions(), *works.reactions(), *feed.reactions(), *own.all()],
        at_once=_FACTS_AT_ONCE,
    )

    for setup in (notifications.create_indexes, endpoints.create_indexes, reactions.create_indexes,
                  standings.create_indexes, works.create_indexes, feed.create_indexes):  # fmt: skip
        service.before_start(setup)
    service.alongside(deliveries.run)
    service.alongside(feed.forget)
    port, domain = settings.notifier_inbound_port, settings.reply_domain
    if port is not None and domain is not None:
        door = ReplyDoor(
            settings,
            notifications,
            directory,
            Replies(service.commits),
            vault.reply_addresses(domain),
            Senders(settings.notifier_inbound_authserv),
            clock,
        )
        service.alongside(lambda: door.run(settings.notifier_inbound_host, port))

    app = service.web("Sepakat notifier", "Who was told of what, and what became of each message.")
    app.include_router(api.router(notifications))
    routes = endpoint_api.Routes(endpoints, deliveries, hooks, vault, settings, clock)
    app.include_router(endpoint_api.router(routes, Replays(notifications), service.posts))
    rooms = chat_api.Rooms(endpoints, deliveries, chats, directory, vault, settings, clock)
    app.include_router(chat_api.router(rooms, service.posts))
    app.include_router(branding_api.router(brandings))
    app.include_router(preference_api.router(preferences, directory, endpoints))
    app.include_router(unsubscribing.router(preferences, vault))
    app.include_router(reading.router(notifications, directory, preferences, brandings, vault, clock))
    of_incidents = Pages(notifications, directory, standings, vault, chat_links, clock)
    app.include_router(pages.router(of_incidents))
    app.include_router(pause_pages.router(PausePages(of_incidents, notifications, directory)))
    app.include_router(
        feedback_pages.router(FeedbackPages(notifications, directory, preferences, vault, clock))
    )  # fmt: skip
    app.include_router(feed_api.router(feed, settings.notifier_feed_readers))
    statuses = StatusFeeds(service.commits, directory, standings, works, vault, clock)
    app.include_router(status_feed_api.router(statuses, settings.public_url))
    app.state.bus = bus
    return app
