"""Settings of `agreements`: those of every service, and none of its own yet."""

from sepakat_shared.settings import ServiceSettings


class AgreementsSettings(ServiceSettings):
    """Nothing of its own."""
