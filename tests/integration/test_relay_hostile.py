# SPDX-License-Identifier: Apache-2.0
"""What a relay bears from whoever reaches its socket: it takes what is sound, and serves the others meanwhile."""
import array
import fcntl
import mmap
import os
import random
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

import harness
from collector import Collector

EMIT = os.environ["LIBTRACE_EMIT"]
SENDING = {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_SCHEDULE_DELAY": "100"}
PAGE, N_BLOCKS, BLOCK_BYTES, HEAP_BYTES = 4096, 1024, 2048, 32 * 2 ** 20
MAGIC = 0x315941454C52544C
with open(os.path.join(harness.SOURCE, "libtrace/src/trace/span_slab.h")) as header:
    VERSION = int(re.search(r"#define LT_SLAB_VERSION (\d+)", header.read())[1])
ADD_SEALS, SEAL, SHRINK, GROW, FUTURE_WRITE = 1033, 1, 2, 4, 16
SLAB_BYTES = PAGE + (8 * N_BLOCKS + PAGE - 1) // PAGE * PAGE + N_BLOCKS * BLOCK_BYTES + HEAP_BYTES


def memory(size, seals=SHRINK | GROW):
    fd = os.memfd_create("hostile", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    if seals:
        fcntl.fcntl(fd, ADD_SEALS, seals)
    return fd


def hello(token, magic=MAGIC, version=VERSION, n_blocks=N_BLOCKS):
    return struct.pack("=QII32s", magic, version, n_blocks, token)


class Hostile(unittest.TestCase):
    def setUp(self):
        self.collector = Collector()
        self.addCleanup(self.collector.stop)
        folder = tempfile.mkdtemp(prefix="libtrace-relay-")
        self.addCleanup(shutil.rmtree, folder, True)
        self.path = os.path.join(folder, "relay.sock")
        self.relay = self.start()
        with open(self.path + ".token", "rb") as file:
            self.token = file.read().strip()

    def start(self, **popen):
        relay = harness.Program([harness.program_path("libtrace-relay"), "--listen", self.path], env=SENDING, **popen)
        self.addCleanup(relay.kill)
        harness.wait_until(lambda: harness.listens_at(self.path), what="a relay's socket")
        return relay

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(connection.close)
        connection.connect(self.path)
        return connection

    def send(self, message, fds):
        connection = self.connect()
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        connection.sendmsg([message], rights)
        return connection

    def expect_service(self, n=10):
        """A program of ours is served, and the relay still well."""
        before = len(self.collector.taken)
        done = harness.run([EMIT, "--from-env", str(n)], {"OTEL_C_RELAY": self.path}, traced=True)
        self.assertEqual((done.code, done.err), (0, ""))
        harness.wait_until(lambda: len(self.collector.taken) - before == n, what="its spans")
        self.assertEqual({sent.headers["content-type"] for sent in self.collector.sent}, {"application/json"})  # the relay's
        self.assertIsNone(self.relay.process.poll(), self.relay.output)
        self.assertNotIn("Sanitizer", self.relay.output)

    def n_descriptors(self):
        return len(self.relay.descriptors())

    def has_memory_of_programs(self):
        return any(link.startswith("/memfd:") for link in self.relay.descriptors())

    def test_a_hello_that_is_not_sound_is_dropped(self):
        self.expect_service()  # so that it has its connection
        harness.wait_until(lambda: not self.has_memory_of_programs(), what="an end of the program")
        n = self.n_descriptors()
        slab, control = memory(SLAB_BYTES), memory(PAGE)
        good = hello(self.token)
        readable, _ = os.pipe()
        text = os.open("/proc/self/status", os.O_RDONLY)
        for message, fds in (
                (b"", [slab, control]), (b"GET / HTTP/1.0\r\n\r\n", []), (good[:-1], [slab, control]),
                (good + b"x", [slab, control]), (good, []), (good, [slab]), (good, [slab] * 100),
                (hello(self.token, magic=0), [slab, control]), (hello(self.token, version=VERSION + 1), [slab, control]),
                (hello(b"0" * 32), [slab, control]), (hello(self.token, n_blocks=0), [slab, control]),
                (hello(self.token, n_blocks=1 << 31), [slab, control]), (hello(self.token, n_blocks=1025), [slab, control]),
                (hello(self.token, n_blocks=2 * N_BLOCKS), [slab, control]), (good, [control, slab]),
                (good, [memory(SLAB_BYTES, 0), control]), (good, [memory(SLAB_BYTES, SHRINK), control]),
                (good, [slab, memory(PAGE, 0)]), (good, [memory(2 ** 31), control]), (good, [readable, readable]),
                (good, [slab, control, readable]), (good, [slab, control, text]), (good, [slab, control, slab]),
                (good, [slab, control])):  # the last one's slab is all zero
            self.send(message, fds)
        self.expect_service()
        harness.wait_until(lambda: self.n_descriptors() <= n, what="closed descriptors")

    def slab_of(self, fill):
        """A sound head, and whatever fill writes behind it."""
        fd = memory(SLAB_BYTES)
        view = mmap.mmap(fd, SLAB_BYTES)
        fill(view)
        view[0:24] = struct.pack("=QIIQ", MAGIC, VERSION, N_BLOCKS, 0x10000)
        fcntl.fcntl(fd, ADD_SEALS, FUTURE_WRITE)
        return fd, view

    def fork_client(self):
        """A process that has a slab, as a relay takes one of each."""
        fd, view = self.slab_of(lambda view: None)
        child = os.fork()
        if child == 0:
            self.send(hello(self.token), [fd, memory(PAGE)])
            signal.pause()
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.kill, child, signal.SIGKILL)
        view.close()
        os.close(fd)
        return child

    def test_a_slab_of_garbage_is_read_and_does_no_harm(self):
        source = random.Random(13)

        def noise(view):
            view[24:SLAB_BYTES - HEAP_BYTES] = source.randbytes(SLAB_BYTES - HEAP_BYTES - 24)
            view[36:64] = bytes(28)  # it is not closed, and wants no flush

        def full(view):
            noise(view)
            view[24:64] = struct.pack("=QIIQQQ", 0x10000, N_BLOCKS, 0, 2 ** 63, 2 ** 64 - 1, 0)[:40]
            view[64:72] = struct.pack("=Q", N_BLOCKS)  # its tail: each place is read
            for i in range(N_BLOCKS):
                view[PAGE + 8 * i:PAGE + 8 * i + 8] = struct.pack("=Q", 1 << 32 | i + 1)

        for fill in (noise, full, noise, full):
            fd, view = self.slab_of(fill)
            control = memory(PAGE)
            page = mmap.mmap(control, PAGE)
            self.send(hello(self.token), [fd, control])
            harness.wait_until(lambda: page[4], what="that the relay has read it")
            self.expect_service()
            view.close()  # so it is taken for dead, and all its blocks are looked at
            os.close(fd)
        self.expect_service()

    def test_a_control_page_of_garbage_does_no_harm(self):
        fd, view = self.slab_of(lambda view: None)
        control = memory(PAGE)
        page = mmap.mmap(control, PAGE)
        self.send(hello(self.token), [fd, control])
        harness.wait_until(lambda: page[4], what="that the relay has read it")
        for i in range(50):
            page[:] = random.Random(i).randbytes(PAGE)
        self.expect_service()
        page[0:4] = bytes(4)
        view.close()

    def test_silent_connections_hold_nobody_up_for_long(self):
        silent = [self.connect() for _ in range(300)]
        self.expect_service()
        harness.wait_until(lambda: self.n_descriptors() < 64, what="closed descriptors")
        self.assertEqual(len(silent), 300)

    def test_as_many_programs_as_there_are_descriptors_for_are_taken_and_the_others_go_on(self):
        self.relay.stop()
        limit = 48  # descriptors: three clients
        self.relay = self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        with open(self.path + ".token", "rb") as file:
            self.token = file.read().strip()
        children = [self.fork_client() for _ in range(20)]
        harness.wait_until(lambda: self.n_descriptors() > 12, what="clients")
        self.assertLess(self.n_descriptors(), limit)
        done = harness.run([EMIT, "--from-env", "--flush-ms", "100", "10"], {**SENDING, "OTEL_C_RELAY": self.path}, traced=True)
        self.assertEqual(done.code, 0, done.err)
        for child in children:
            os.kill(child, signal.SIGKILL)
        harness.wait_until(lambda: len(set(self.collector.taken)) == 10, what="its spans, by whatever way")
        self.expect_service()

    def test_with_too_few_descriptors_it_ends_at_once(self):
        self.relay.stop()
        done = subprocess.run([harness.program_path("libtrace-relay"), "--listen", self.path], capture_output=True, text=True,
                              env={**os.environ, **SENDING}, timeout=20 * harness.SLOWNESS,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
        self.assertEqual(done.returncode, 1)
        self.assertIn("too few descriptors", done.stderr)
        self.assertFalse(os.path.exists(self.path))


if __name__ == "__main__":
    harness.main()
