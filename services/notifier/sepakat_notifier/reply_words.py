"""What a mail that can be answered says about that, in English and Bahasa Indonesia."""

from typing import Final, Literal

ReadBy = Literal["shared", "internal"]
"""Who reads a reply: both parties, or that of whoever wrote it."""

ABOVE: Final = {
    "en": "--- Write your reply above this line ---",
    "id": "--- Tulis balasan Anda di atas baris ini ---",
}
MARKERS: Final = tuple(each.strip("- ") for each in ABOVE.values())
"""By which the quotation of such a mail is found again; mail programs change what stands around it."""

READ_BY: Final[dict[ReadBy, dict[str, str]]] = {
    "shared": {
        "en": "What you reply is kept with the incident, and both parties read it.",
        "id": "Balasan Anda disimpan bersama insiden ini, dan dibaca oleh kedua pihak.",
    },
    "internal": {
        "en": "What you reply is kept with the incident; only your own party reads it.",
        "id": "Balasan Anda disimpan bersama insiden ini; hanya pihak Anda yang membacanya.",
    },
}
