# SPDX-License-Identifier: Apache-2.0
"""What the processes of a local cluster prove with that they belong to it: a certificate, and for ZooKeeper a password.

Both are in a folder of mode 0700 and are replaced at each start. Whoever can read them may do what the cluster's user may.
"""

import datetime
import ipaddress
import os
import secrets
import shutil
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
    serialize_key_and_certificates,
)
from cryptography.x509.oid import NameOID

NAME = "onrecord local Flink"
VALID_DAYS = 365
ZOOKEEPER_USER = "flink"
DIGEST_LOGIN = "org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.auth.DigestLoginModule"


@dataclass(frozen=True)
class Keys:
    """The files with the keys of a cluster, in a folder that only its user can read."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """The certificate and its key, as PEM: what clients of the REST interface use."""
        return self.folder / "flink.pem"

    @property
    def login(self) -> Path:
        """ZooKeeper's user and password, as Java reads them."""
        return self.folder / "zookeeper.conf"

    @property
    def _password(self) -> Path:
        return self.folder / "password"

    def write(self) -> None:
        """Make new keys in place of older ones."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        password = secrets.token_hex(16)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(key)
        protected = BestAvailableEncryption(password.encode())
        self._put(self._password, password.encode())
        self._put(
            self.certificate,
            certificate.public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        self._put(self.folder / "key.p12", serialize_key_and_certificates(b"flink", key, certificate, None, protected))
        self._put(
            self.folder / "trusted.p12",
            serialize_java_truststore([PKCS12Certificate(certificate, b"flink")], protected),
        )
        secret = secrets.token_hex(16)
        self._put(
            self.login,
            f'Server {{ {DIGEST_LOGIN} required user_{ZOOKEEPER_USER}="{secret}"; }};\n'
            f'Client {{ {DIGEST_LOGIN} required username="{ZOOKEEPER_USER}" password="{secret}"; }};\n'.encode(),
        )

    def _put(self, path: Path, content: bytes) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)

    def flink_conf(self) -> dict[str, str]:
        """Return the settings with which Flink asks everybody for the certificate: clients, and its own processes."""
        password = self._password.read_text()
        conf = {"security.ssl.rest.authentication-enabled": "true"}
        for what in ("security.ssl.internal", "security.ssl.rest"):
            conf |= {
                f"{what}.enabled": "true",
                f"{what}.keystore": str(self.folder / "key.p12"),
                f"{what}.keystore-type": "PKCS12",
                f"{what}.keystore-password": password,
                f"{what}.key-password": password,
                f"{what}.truststore": str(self.folder / "trusted.p12"),
                f"{what}.truststore-type": "PKCS12",
                f"{what}.truststore-password": password,
            }
        # Elliptic keys, which Flink's default, an RSA cipher, can't use.
        conf["security.ssl.algorithms"] = (
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        )
        return conf

    def client_context(self) -> ssl.SSLContext:
        """Return the settings of a client of the REST interface."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.load_cert_chain(self.certificate)
        return context


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Return a certificate for 127.0.0.1."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
