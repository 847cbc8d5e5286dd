"""What the link of a message leads to: the message, and the contact whose link it is. What is gone is NotFound."""

from sepakat_notifier.directory import Directory, Forgotten, Reader, Unknown
from sepakat_notifier.notification import Notification
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Link
from sepakat_shared.errors import NotFound


async def message_of(notifications: Notifications, id: str) -> Notification:
    loaded = await notifications.all.find(id)
    if loaded is None:
        raise NotFound("the message of this link is not here any more")
    return loaded.state


async def reader_of(directory: Directory, link: Link, agreement: str) -> Reader:
    try:
        return await directory.reader([link.party], link.contact, agreement)
    except (Unknown, Forgotten) as error:
        raise NotFound("the contact of this link is not known any more") from error
