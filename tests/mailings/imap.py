"""A small IMAP server on 127.0.0.1, encrypted, with one folder: RFC 3501 for the commands that are sent."""

import contextlib
import datetime
import ipaddress
import re
import socketserver
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class ImapServer:
    def __init__(self, folder: Path, *, starttls: bool = False) -> None:
        self.starttls = starttls
        self.mails: dict[int, bytes] = {}
        self.flags: dict[int, set[str]] = {}
        self.fetched: list[int] = []
        self.has_keywords = True
        self.no_keywords = "NO No keywords"
        self.damaged: set[int] = set()
        self.certificate = _write_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, folder / "key.pem")
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def setup(self):
                if not outer.starttls:
                    self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()

            def encrypt(self):
                self.finish()
                self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self):
                with contextlib.suppress(OSError):
                    outer._talk(self)
                self.finish()
                self.request.close()

        class Server(socketserver.ThreadingTCPServer):
            def handle_error(self, request, client_address):
                """A client that does not trust the certificate hangs up."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        scheme = "imap" if self.starttls else "imaps"
        return f"{scheme}://bounces:se%40cret@127.0.0.1:{self.server.server_address[1]}/INBOX"

    def add(self, *mails: bytes) -> None:
        for mail in mails:
            uid = len(self.mails) + 1
            self.mails[uid], self.flags[uid] = mail, set()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _talk(self, handler) -> None:
        handler.wfile.write(b"* OK ready\r\n")
        is_encrypted = not self.starttls
        while line := handler.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            if command == "STARTTLS":
                handler.wfile.write(f"{tag} OK begin\r\n".encode())
                handler.encrypt()
                is_encrypted = True
                continue
            is_allowed = is_encrypted or command == "CAPABILITY"
            answers, told = self._answer(command) if is_allowed else ([], "NO Not without encryption")
            said = b"".join(b"* " + answer + b"\r\n" for answer in answers)
            handler.wfile.write(said + f"{tag} {told} done\r\n".encode())

    def _answer(self, command: str) -> tuple[list[bytes], str]:
        if command == "CAPABILITY":
            return [b"CAPABILITY IMAP4rev1 STARTTLS" if self.starttls else b"CAPABILITY IMAP4rev1"], "OK"
        if command.startswith("LOGIN"):
            return [], "OK" if command == 'LOGIN bounces "se@cret"' else "NO [AUTHENTICATIONFAILED] Wrong"
        if command.startswith("SELECT"):
            return [f"{len(self.mails)} EXISTS".encode()], "OK" if command == 'SELECT "INBOX"' else "NO No such mailbox"
        if command == "UID SEARCH UNSEEN UNKEYWORD NotUnderstood":
            new = [str(uid) for uid, flags in self.flags.items() if not flags & {r"\Seen", "NotUnderstood"}]
            return [f"SEARCH {' '.join(new)}".encode()], "OK"
        if found := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            uid, length = int(found[1]), int(found[2])
            self.fetched.append(uid)
            if uid in self.damaged:
                return [], "NO [SERVERBUG] Internal error"
            content = self.mails[uid][:length]
            head = f"{uid} FETCH (UID {uid} BODY[]<0> {{{len(content)}}}\r\n".encode()
            return [head + content + b")"], "OK"
        if found := re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \((\S+)\)", command):
            if not found[2].startswith("\\") and not self.has_keywords:
                return [], self.no_keywords
            self.flags[int(found[1])].add(found[2])
            return [], "OK"
        return [], "BAD Unknown command"


def _write_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
