"""`python -m sepakat_notifier`: run the service with settings from the environment."""

from sepakat_notifier.app import build
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared import service, settings


def main() -> None:
    service.run("notifier", settings.load(NotifierSettings, "notifier"), build)


if __name__ == "__main__":
    main()
