"""`python -m sepakat_metrics`."""

import gc

from sepakat_metrics.app import build
from sepakat_metrics.settings import MetricsSettings
from sepakat_shared import service
from sepakat_shared.settings import load


def main() -> None:
    # A batch makes thousands of short-lived objects and no cycles: looking for those every 700 would cost a tenth.
    gc.set_threshold(50_000, 20, 100)
    service.run("metrics", load(MetricsSettings, "metrics"), build)


if __name__ == "__main__":
    main()
