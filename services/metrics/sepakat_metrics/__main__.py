"""`python -m sepakat_metrics`."""

from sepakat_metrics.app import build
from sepakat_metrics.settings import MetricsSettings
from sepakat_shared import service
from sepakat_shared.settings import load


def main() -> None:
    service.run("metrics", load(MetricsSettings, "metrics"), build)


if __name__ == "__main__":
    main()
