"""`python -m sepakat_agreements`: run the service with settings from the environment."""

from sepakat_agreements.app import build
from sepakat_agreements.settings import AgreementsSettings
from sepakat_shared import service, settings


def main() -> None:
    service.run("agreements", settings.load(AgreementsSettings, "agreements"), build)


if __name__ == "__main__":
    main()
