"""`python -m sepakat_incidents`: run the service with settings from the environment."""

from sepakat_incidents.app import build
from sepakat_incidents.settings import IncidentsSettings
from sepakat_shared import service, settings


def main() -> None:
    service.run("incidents", settings.load(IncidentsSettings, "incidents"), build)


if __name__ == "__main__":
    main()
