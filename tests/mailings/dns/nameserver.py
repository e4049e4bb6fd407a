"""A real name server on 127.0.0.1 that holds what a test says."""

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

from mailings.dns.asking import Asker

# By name and type: the values, the name of an error (“SERVFAIL”), or “silence”.
Zone = Mapping[tuple[str, str], list[str] | str]
# Bytes. A longer answer is asked for again over TCP.
MOST = 512


class NameServer:
    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []

    def answer(self, question: bytes, *, over_tcp: bool) -> bytes | None:
        request = dns.message.from_wire(question)
        response = dns.message.make_response(request)
        (asked,) = request.question
        key = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(key)
        found = self.zone.get(key, [])
        if found == "silence":
            return None
        if isinstance(found, str):
            response.set_rcode(dns.rcode.from_text(found))
        elif found:
            response.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", key[1], found))
        elif not any(name == key[0] for name, _ in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        written = response.to_wire()
        if len(written) > MOST and not over_tcp:
            response.answer.clear()
            response.flags |= dns.flags.TC
            written = response.to_wire()
        return written


@contextmanager
def serving(zone: Zone) -> Iterator[tuple[NameServer, dns.resolver.Resolver]]:
    """Yield the server, and a resolver that asks it and nobody else."""
    server = NameServer(zone)

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self):
            question, connection = self.request
            if answer := server.answer(question, over_tcp=False):
                connection.sendto(answer, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        def handle(self):
            length = int.from_bytes(self.rfile.read(2))
            if answer := server.answer(self.rfile.read(length), over_tcp=True):
                self.wfile.write(len(answer).to_bytes(2) + answer)

    with (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stream) as tcp,
        socketserver.ThreadingUDPServer(("127.0.0.1", tcp.server_address[1]), Datagram) as udp,
    ):
        for each in (tcp, udp):
            threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], tcp.server_address[1]
        yield server, resolver
        tcp.shutdown()
        udp.shutdown()


def asked_of(zone: Zone, check, *arguments):
    """Return what a check finds if this is what the name server holds."""
    with serving(zone) as (_, resolver):
        return check(Asker(resolver), *arguments)


def txt(*records: str) -> list[str]:
    """Return TXT records as a zone file has them: in strings of at most 255 characters."""
    return [
        " ".join(f'"{record[start : start + 255]}"' for start in range(0, len(record), 255) or [0])
        for record in records
    ]
