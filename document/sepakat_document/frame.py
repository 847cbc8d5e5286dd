"""The frame around what is no text to be signed: a review, an incident."""

from sepakat_document.speech import Speech


def between(s: Speech, provider: str, customer: str) -> str:
    return s.say(
        "between {provider} (provider) and {customer} (customer)",
        "antara {provider} (penyedia) dan {customer} (pelanggan)",
        provider=provider,
        customer=customer,
    )


def words(s: Speech) -> dict[str, str]:
    return {
        "contents": s.say("Contents", "Daftar isi"),
        "article": s.say("Part", "Bagian"),
        "page": s.say("page", "halaman"),
        "of": s.say("of", "dari"),
    }
