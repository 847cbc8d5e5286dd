"""An authority of a test's own, and certificates by it."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    """`file` holds its certificate."""

    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    file: Path

    def server(self, *names: str) -> ssl.SSLContext:
        """What a server shows that has these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _valid(x509.CertificateBuilder().subject_name(_named(names[0])).issuer_name(self.name))
        alternatives = x509.SubjectAlternativeName([_alternative(each) for each in names])
        builder = builder.public_key(key.public_key()).add_extension(alternatives, critical=False)
        path = self.file.with_name(f"{names[0]}.pem")
        path.write_bytes(_pem(key) + builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def authority(directory: Path) -> Authority:
    key, name = ec.generate_private_key(ec.SECP256R1()), _named("an authority of a test")
    builder = _valid(x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = directory / "authority.pem"
    file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return Authority(key, name, file)


def _valid(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return builder.serial_number(x509.random_serial_number())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
