"""What a mail says that answers one of ours: words, quotations, who vouches for it; and what is refused."""

from email.message import EmailMessage
from email.policy import SMTP
from time import process_time
from types import SimpleNamespace
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from facts import NOW, incident, notification
from notifying import settings

from sepakat_notifier.gathering import GATHERED
from sepakat_notifier.notification import Occasion
from sepakat_notifier.reply_address import ReplyAddresses
from sepakat_notifier.reply_bounds import Refused
from sepakat_notifier.reply_door import ReplyDoor
from sepakat_notifier.reply_reading import Automatic, Head, Read, head, read, split
from sepakat_notifier.reply_senders import Checked, Senders
from sepakat_notifier.reply_words import ABOVE
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts import incidents

ID = "0123456789abcdef0123456789abcdef"
ADDRESSES = ReplyAddresses(b"k" * 32, "Sla.Example")


def mail(text: str | None = "restarting\n", html: str | None = None, **headers: str) -> EmailMessage:
    written = EmailMessage()
    given = {"From": "Rina <rina@nusantara.example>", "To": "x@sla.example", "Subject": "Re: x",
             "Message-ID": "<m1@nusantara.example>"}  # fmt: skip
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            written[name] = value
    if text is not None:
        written.set_content(text)
    if html is not None and text is not None:
        written.add_alternative(html, subtype="html")
    elif html is not None:
        written.set_content(html, subtype="html")
    return written


def begun(written: EmailMessage) -> Head | Automatic:
    return head(written.as_bytes(policy=SMTP))


def taken(written: EmailMessage) -> Read:
    content = written.as_bytes(policy=SMTP)
    assert isinstance(head(content), Head)
    return read(content)


# -- the address -------------------------------------------------------------------------------------------------------


def test_an_address_names_its_message_in_any_case_and_cannot_be_made_up() -> None:
    address = ADDRESSES.of(ID)
    local = address.partition("@")[0]
    assert len(local) <= 64
    assert ADDRESSES.notification(address) == ADDRESSES.notification(address.upper()) == ID
    forged = [address.replace(ID[:4], "ffff"), address[1:], address.replace("sla.", "x."), f"r-{ID}@sla.example", "",
              "@", address.replace("@", "x@"), ReplyAddresses(b"o" * 32, "sla.example").of(ID)]  # fmt: skip
    assert [ADDRESSES.notification(each) for each in forged] == [None] * len(forged)


# -- words and quotations ----------------------------------------------------------------------------------------------

ATTRIBUTED = "On Tue, 24 Nov 2026 at 16:00, Sepakat <sepakat@sla.example> wrote:"
SPLIT_ATTRIBUTION = "Pada Sel, 24 Nov 2026 pukul 16.00 Sepakat\n<sepakat@sla.example> menulis:"
OUTLOOK = ("________________________________\nDari: Sepakat <sepakat@sla.example>\nDikirim: Selasa, 24 November 2026\n"
           "Kepada: Rina\nPerihal: [P1] Mohon ditangani")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"half of the shops sell\nagain\n\n{ATTRIBUTED}\n> {ABOVE['en']}\n>\n> Rina,\n",
            "half of the shops sell\nagain",
        ),
        (f"sedang dicek\n\n{SPLIT_ATTRIBUTION}\n\n> {ABOVE['id']}\n> x", "sedang dicek"),
        (f"sedang dicek\n\n{OUTLOOK}\n\n{ABOVE['id']}\n\nRina,\nSejak pukul sembilan", "sedang dicek"),
        (f"as said\n\n{ATTRIBUTED}\n> an earlier mail\n> of two lines", "as said"),
        ("no quotation at all", "no quotation at all"),
        ("> which shop?\nall of them\n> since when?\nnine", "> which shop?\nall of them\n> since when?\nnine"),
        ("see this:\nit is down", "see this:\nit is down"),
        (f"Note: it is the disk\n\n{ATTRIBUTED}\n> x", "Note: it is the disk"),
        (f"{ATTRIBUTED}\n> {ABOVE['en']}\n> Rina,\n\nbelow, as some do", None),
    ],
    ids=["gmail", "two lines", "outlook", "no marker", "none", "between", "colon", "header-like", "below"],
)
def test_the_words_are_told_from_what_they_quote_and_nothing_is_lost(text: str, words: str | None) -> None:
    body, quoted = split(text)
    assert body == (text if words is None else words)
    kept = {*body.split(), *(quoted or "").split()}
    assert set(text.split()) - kept <= {"________________________________"}


def test_an_empty_reply_quotes_and_says_nothing() -> None:
    for empty in (f"{ATTRIBUTED}\n> {ABOVE['en']}\n> Rina,", f"\n\n{OUTLOOK}\n\n{ABOVE['id']}\nRina,"):
        assert split(empty)[0] == ""
        with pytest.raises(Refused, match=r"554 5\.6\.0"):
            taken(mail(empty))


def test_html_is_read_as_its_words_with_quotations_marked() -> None:
    page = (
        "<html><head><style>p{color:red}</style></head><body><p>restarting <b>now</b></p>"
        "<div>two&nbsp;shops<br>left</div>"
        f"<blockquote><p>{ABOVE['en']}</p><p>Rina,</p></blockquote></body></html>"
    )
    found = taken(mail(None, page))
    assert found.body.split("\n") == ["restarting now", "two shops", "left"]
    assert found.quoted is not None and "Rina," in found.quoted
    assert taken(mail("plain\n", "<p>html</p>")) == taken(mail("plain\n"))


def test_files_are_counted_and_left_out_and_characters_that_nobody_sees_too() -> None:
    written = mail("see\u202e the\x07 log\n")
    written.add_attachment(b"x", "application", "octet-stream", filename="log.bin")
    written.add_attachment("attached words", filename="notes.txt")
    found = taken(written)
    assert (found.body, found.left_out) == ("see the log", 2)


def test_the_nearest_answered_mail_comes_first() -> None:
    found = begun(mail(In_Reply_To="<b@x>", References="<a@x> <z@x> <b@x>"))
    assert isinstance(found, Head) and found.answers == ("b@x", "z@x", "a@x")
    without = begun(mail(Message_ID=""))
    assert without == begun(mail(Message_ID="")) and isinstance(without, Head) and without.id


def test_a_mail_made_to_keep_us_busy_does_not() -> None:
    began = process_time()
    dashes = "-" * 100_000
    assert split(f"again\n{dashes}x\n{dashes}\n{ATTRIBUTED}\n> {ABOVE['en']}")[0].startswith("again\n-")
    for line in ("-----Original Message-----", "----", "_____", "-- x --"):
        assert split(f"again\n {line} \n> {ABOVE['en']}")[0] == "again"
    with pytest.raises(Refused, match=r"550 5\.7\.1 From may have"):
        head(b"From: " + b'"(<a,' * 1_000 + b"\r\n\r\nhi")
    assert process_time() - began < 2


@pytest.mark.parametrize("id", ["<", "<>", "<@>", "<a@", "<[", "<a@[b"])
def test_a_mail_whose_own_id_cannot_be_read_gets_one(id: str) -> None:
    content = f"From: rina@nusantara.example\r\nMessage-ID: {id}\r\n\r\nrestarting".encode()
    found, other = head(content), head(content + b" now")
    assert isinstance(found, Head) and isinstance(other, Head)
    assert found.id and found.id != other.id


# -- what it answers ---------------------------------------------------------------------------------------------------


async def test_a_reply_to_what_sums_others_up_is_kept_for_ones_own_people() -> None:
    data = {"kind": "summary", "agreement": "toko", "about_type": "incident"}
    occasion = Occasion("s1", "/sepakat/test", GATHERED, "toko.checkout.0001", "2026-11-24T09:00:00Z", data)
    told = notification(incident(incidents.IncidentCommented), "rina", id=ID, party="nusantara", occasion=occasion)
    kept, asked = [], []

    class Stored:
        """Stands for what is in the database."""

        async def find(self, _id: str) -> Any:
            return SimpleNamespace(state=told)

        async def reader(self, *whom: Any) -> Any:
            asked.append(whom)
            return SimpleNamespace(email="rina@nusantara.example")

        async def keep(self, reply: Any) -> bool:
            kept.append(reply)
            return True

    stored: Any = Stored()
    door = ReplyDoor(
        settings(notifier_mail_from="sepakat@sla.example"), SimpleNamespace(all=stored), stored,  # type: ignore[arg-type]
        stored, ADDRESSES, Senders(None, resolve), ManualClock(NOW),
    )  # fmt: skip
    assert await door.take("rina@nusantara.example", ADDRESSES.of(ID), mail().as_bytes(policy=SMTP)) == "taken"
    assert [(each.shared, each.body, each.sender.known) for each in kept] == [(False, "restarting", True)]
    assert asked == [(("nusantara",), "rina", "toko")]


# -- what no person wrote, what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied (vacation)"}, {"Auto_Submitted": "auto-generated"}, {"Precedence": "bulk"},
    {"Precedence": "Auto_Reply"}, {"List_Id": "<all.example>"}, {"X_Autoreply": "yes"}, {"X_Sepakat_Trace": "abc"},
    {"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"},
])  # fmt: skip
def test_what_no_person_wrote_is_known_as_that(headers: dict[str, str]) -> None:
    text = None if "Content_Type" in headers else "I am away\n"
    assert begun(mail(text, **headers)) == "automatic"


def test_a_person_may_say_so_themselves() -> None:
    assert taken(mail(Auto_Submitted="no")).body == "restarting"


def image() -> EmailMessage:
    written = mail(None)
    written.set_content(b"x", "image", "png")
    return written


@pytest.mark.parametrize(("written", "code"), [
    (image(), "554 5.6.1"), (mail("\n \n"), "554 5.6.0"), (mail("x" * 10_001), "552 5.3.4"),
    (mail(From=""), "550 5.7.1"),
    (mail(From="a@x.example, b@x.example"), "550 5.7.1"),
])  # fmt: skip
def test_what_cannot_be_a_reply_is_refused_with_its_code(written: EmailMessage, code: str) -> None:
    with pytest.raises(Refused, match=code):
        taken(written)


@pytest.mark.parametrize("content", [
    b"", b"\x00\xff\xfe", b"From: a@x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nhi",
    b"From: a@x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", b"Content-Type: text/plain\r\n" * 500,
    b"From: =?utf-8?b?!!!?= <a@x>\r\nSubject: =?x?q?\r\n\r\nhi", b"From: a@x\r\n\r\n" + b">" * 100_000,
    b"From: a@x\r\nContent-Type: text/html\r\n\r\n" + b"<blockquote>" * 20_000 + b"hi",
])  # fmt: skip
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    try:
        found = read(content) if isinstance(head(content), Head) else None
    except Refused as refused:
        assert str(refused)[:3] in ("550", "552", "554")
    else:
        assert found is not None and found.body


_PART = b"--b\r\nContent-Type: text/plain; x=%s\r\n\r\nhi\r\n"
_OF_PARTS = b"From: a@x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n%s--b--\r\n"


@pytest.mark.parametrize("content", [
    b"X: y\r\n" * 501 + b"From: a@x\r\n\r\nhi",
    b"From: a@x\r\nX: " + b"y" * 70_000 + b"\r\n\r\nhi",
    b"From: a@x\r\nMessage-ID: " + b"(a" * 15_000 + b"\r\n\r\nhi",
    b"From: a@x\r\nReferences: " + b"<a@b>\r\n " * 6_000 + b"\r\n\r\nhi",
    b"From: a@x\r\nContent-Type: text/plain" + b";\r\n a=b" * 10_000 + b"\r\n\r\nhi",
    _OF_PARTS % (_PART % (b";a=b" * 1_000)), _OF_PARTS % (_PART % (b";a=b" * 400) * 20),
    _OF_PARTS % (b"--b\r\nX: y\r\nContent-Type: message/rfc822\r\n\r\n" + b"X: y\r\n" * 600 + b"\r\nhi\r\n"),
])  # fmt: skip
def test_headers_that_take_long_to_read_are_refused_before_they_are_read(content: bytes) -> None:
    begun_at = process_time()
    with pytest.raises(Refused, match=r"552 5\.3\.4"):
        read(content if head(content) else b"")
    assert process_time() - begun_at < 10, "some of these took minutes"


def test_a_long_thread_with_many_files_is_read() -> None:
    written = mail(References=" ".join(f"<{n}.{'a' * 60}@nusantara.example>" for n in range(120)))
    for name, value in [(f"Received-{n}", "from x by y" * 5) for n in range(60)]:
        written[name] = value
    for n in range(40):
        written.add_attachment(b"x", "application", "pdf", filename=f"{'Rechnung für Ä' * 4} {n}.pdf")
    assert taken(written) == Read("restarting", None, 40)


# -- who vouches for it ------------------------------------------------------------------------------------------------

_KEY = rsa.generate_private_key(65537, 2048)
_PRIVATE = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)


def resolve(name: Any, timeout: int = 5) -> bytes | None:
    """The one record that there is."""
    known = name.decode() if isinstance(name, bytes) else name
    if known.rstrip(".") != "s1._domainkey.nusantara.example":
        return None
    import base64

    public = _KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def signed(domain: bytes = b"nusantara.example") -> bytes:
    content = mail().as_bytes(policy=SMTP)
    return bytes(dkim.sign(content, b"s1", domain, _PRIVATE, include_headers=[b"from", b"subject"])) + content


async def test_a_signature_is_checked_with_the_key_of_its_domain() -> None:
    senders = Senders(None, resolve)
    good = await senders.check(signed())
    assert (good.dkim, good.spf, good.domains) == ("pass", "none", {"nusantara.example"})
    assert good.vouches_for("rina@nusantara.example") and good.vouches_for("rina@mail.nusantara.example")
    assert not good.vouches_for("rina@evil-nusantara.example") and not good.vouches_for("rina@x.example")
    assert (await senders.check(signed().replace(b"restarting", b"all is well"))).dkim == "fail"
    assert (await senders.check(signed(b"elsewhere.example"))).dkim == "fail"
    assert await senders.check(mail().as_bytes(policy=SMTP)) == Checked()


async def test_the_relay_that_is_named_is_believed_and_nobody_else() -> None:
    results = (
        "mx.sla.example (relay); spf=pass (x; y) smtp.mailfrom=rina@nusantara.example;"
        " dkim=fail header.d=other.example; dkim=pass header.i=@nusantara.example"
    )
    content = mail(Authentication_Results=results).as_bytes(policy=SMTP)
    by_relay = await Senders("MX.sla.example", resolve).check(content)
    assert by_relay == Checked("pass", "pass", frozenset({"nusantara.example"}))
    assert await Senders("other.example", resolve).check(content) == Checked()
    assert (await Senders(None, resolve).check(content)).dkim == "none", "a header that anybody may write"
    forged = b"Authentication-Results: mx.sla.example; spf=fail smtp.mailfrom=evil.example\r\n" + content
    assert (await Senders("mx.sla.example").check(forged)).spf == "fail", "the topmost is the relay's own"


@pytest.mark.parametrize(("results", "domains"), [
    ('spf=pass smtp.mailfrom="x@victim.example"@evil.example', {"evil.example"}),
    ('spf=pass smtp.mailfrom="x\\"@victim.example"@evil.example', {"evil.example"}),
    ('dkim=pass header.i="x@victim.example"@evil.example header.d=evil.example', {"evil.example"}),
    ("dkim=pass header.i=@mail.evil.example header.d=evil.example", {"evil.example"}),
    ('spf=fail smtp.mailfrom="x; spf=pass smtp.mailfrom=victim.example "@evil.example', set()),
    ("spf=fail (a (nested; spf=pass smtp.mailfrom=victim.example) b) smtp.mailfrom=evil.example", set()),
    ("spf=fail (a \\) ; spf=pass smtp.mailfrom=victim.example ) smtp.mailfrom=evil.example", set()),
    ('spf=pass (a " quote) smtp.mailfrom=prvs=1=x@evil.example', {"evil.example"}),
    ('spf=pass smtp.mailfrom="x@victim.example"', set()), ('spf=pass smtp.mailfrom=x@victim.example"', set()),
    ("spf=pass (open smtp.mailfrom=victim.example", set()), ("spf=pass reason=a b smtp.mailfrom=victim.example", set()),
    ("spf = pass smtp.mailfrom = evil.example; dkim/1=pass header.d=two.example", {"evil.example", "two.example"}),
])  # fmt: skip
async def test_what_a_sender_chose_to_be_called_vouches_for_nobody_else(results: str, domains: set[str]) -> None:
    content = f"Authentication-Results: mx.sla.example; {results}\r\n\r\nhi".encode()
    assert (await Senders("mx.sla.example").check(content)).domains == domains
