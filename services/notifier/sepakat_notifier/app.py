"""The composition root of `notifier`: every part, every route and every subscription."""

from fastapi import FastAPI

from sepakat_notifier import api, branding_api, chat_api, endpoint_api, pages, preference_api, reading, unsubscribing
from sepakat_notifier.brandings import Brandings
from sepakat_notifier.channels import Sender
from sepakat_notifier.channels.calling import Client
from sepakat_notifier.channels.chat import ChatSender
from sepakat_notifier.channels.email import MailSender
from sepakat_notifier.channels.webhook import WebhookSender
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.digests import Digests
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.gathering import Rules
from sepakat_notifier.health import Health
from sepakat_notifier.own_reactions import OwnReactions
from sepakat_notifier.planning import Planning
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.reactions import Reactions
from sepakat_notifier.replays import Replays
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Vault
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
    chats = ChatSender(endpoints, notifications, directory, digests, vault, calling)
    senders: dict[str, Sender] = {"email": mails, "webhook": hooks, "chat": chats}
    deliveries = Deliveries(notifications, senders, settings, clock, health)
    planning = Planning(notifications, deliveries)
    storms = Rules(
        settings.notifier_summary_window, settings.notifier_summary_after, settings.notifier_summary_after_of_agreement
    )
    reactions = Reactions(service.db, notifications, endpoints, directory, preferences, planning, clock, storms)
    own = OwnReactions(notifications, endpoints, directory, planning, settings.notifier_operator_mail, clock)
    bus = service.start([*reactions.all(), *own.all()], at_once=_FACTS_AT_ONCE)

    for setup in (notifications.create_indexes, endpoints.create_indexes, reactions.create_indexes):
        service.before_start(setup)
    service.alongside(deliveries.run)

    app = service.web("Sepakat notifier", "Who was told of what, and what became of each message.")
    app.include_router(api.router(notifications))
    routes = endpoint_api.Routes(endpoints, deliveries, hooks, vault, settings, clock)
    app.include_router(endpoint_api.router(routes, Replays(notifications), service.posts))
    rooms = chat_api.Rooms(endpoints, deliveries, chats, vault, settings, clock)
    app.include_router(chat_api.router(rooms, service.posts))
    app.include_router(branding_api.router(brandings))
    app.include_router(preference_api.router(preferences, directory, endpoints))
    app.include_router(unsubscribing.router(preferences, vault))
    app.include_router(reading.router(notifications, directory, preferences, brandings, vault, clock))
    app.include_router(pages.router(notifications, directory, vault, clock))
    app.state.bus = bus
    return app
