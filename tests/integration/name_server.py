# SPDX-License-Identifier: Apache-2.0
"""A name server for tests, with a configurable delay."""
import functools
import os
import socket
import struct
import tempfile
import threading
import unittest

import harness


@functools.cache
def use_own_resolver():
    """Makes 127.0.0.1 the only name server, for this process and its children."""
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        # As the manifests have it; the timeout is longer than the slow server takes.
        file.write("search tracing-demo.svc.cluster.local\nnameserver 127.0.0.1\noptions ndots:5 timeout:30\n")
    try:
        harness.mount_for_itself(file.name, os.path.realpath("/etc/resolv.conf"), flags=harness.MS_BIND)
    except OSError as error:
        raise unittest.SkipTest(f"cannot have a resolv.conf of its own: {error.strerror}") from None
    finally:
        os.unlink(file.name)


class NameServer:
    """Answers A with self.addresses after self.delay seconds, and AAAA with nothing."""

    def __init__(self):
        self.addresses, self.delay, self.n_questions = [], 0, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        while True:
            question, client = self.socket.recvfrom(512)
            if not question:
                return
            self.n_questions += 1
            timer = threading.Timer(self.delay, self._answer, (question, client))
            timer.daemon = True
            timer.start()

    def _answer(self, question, client):
        end = question.index(b"\0", 12) + 5
        (kind,) = struct.unpack("!H", question[end - 4:end - 2])
        addresses = self.addresses if kind == 1 else []
        answer = question[:2] + struct.pack("!HHHHH", 0x8580, 1, len(addresses), 0, 0) + question[12:end]
        for address in addresses:  # 0xc00c: the name is the question's
            answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 5, 4) + socket.inet_aton(address)
        try:
            self.socket.sendto(answer, client)
        except OSError:
            pass  # closed meanwhile

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()
