# SPDX-License-Identifier: Apache-2.0
"""Transfers of other kinds than a request over TCP that anybody may add a header to."""
import os
import re
import socket
import tempfile
import threading

import harness
from harness import StackTest, http_bytes, read_request, run, wait_until

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HOST = os.path.join(os.environ.get("LIBTRACE_CASES", ""), "curl_connects")
TRACEPARENT = re.compile(rb"(?i)\r\ntraceparent: *([0-9a-f-]+)\r\n")
LONG = "B" * 5000  # libh2o takes a request of 8 KB and more


class Kinds(StackTest):
    def setUp(self):
        super().setUp()
        self.start_backend()

    def run_alike(self, *command):
        """Runs it without the agent and with it, which must look the same, in one trace."""
        plain = run([*command])
        traced = run([*command], traced=True, env={**self.TRACING, "TRACEPARENT": f"00-{TRACE}-{PARENT}-01"})
        self.assertEqual((plain.code, plain.err), (0, ""))
        self.assertEqual((traced.code, traced.out, traced.err), (plain.code, plain.out, plain.err))
        return plain.out

    def serve_socket(self, name):
        """An HTTP server on a Unix socket, for as many requests as come."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(name)
        listener.listen()
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if read_request(connection):
                        connection.sendall(http_bytes(200, b"body"))

        threading.Thread(target=serve, daemon=True).start()
        return name

    def test_a_connection_without_a_request_has_no_span(self):
        server = self.serve_raw(8002, http_bytes(200))
        said = self.run_alike(HOST, "http://127.0.0.1:8002/")
        self.assertEqual(said, "easy 0\nHTTP/1.1 200 Reason\nmulti 0\nrequest 0\n")
        (span,) = self.backend.trace(TRACE, 1)
        self.assertEqual(span.attributes["http.request.method"], "HEAD")
        self.assertEqual([bool(TRACEPARENT.search(r)) for r in server.requests], [False, False, False, True])

    def test_nothing_is_added_to_a_request_that_libcurl_signs(self):
        server = self.serve_raw(8002, http_bytes(200))
        self.run_alike("curl", "-sS", "--aws-sigv4", "aws:amz:here:s3", "--user", "key:secret",
                       "-H", "X-Amz-Date: 20260101T000000Z", "http://127.0.0.1:8002/bucket")
        plain, traced = server.requests
        self.assertIn(b"Authorization: AWS4-HMAC-SHA256", plain)
        self.assertEqual(traced, plain)
        (span,) = self.backend.trace(TRACE, 1)
        self.assertEqual(span.attributes["http.response.status_code"], 200)

    def test_a_unix_socket_is_told_by_its_path_and_has_no_port(self):
        path = self.serve_socket(os.path.join(self.folder(), "a-rather-long-name-for-a-socket-of-a-test"))
        self.run_alike("curl", "-sS", "--unix-socket", path, "http://localhost/x")
        (span,) = self.backend.trace(TRACE, 1)
        self.expect_peer(span, path, "unix")

    def test_a_server_on_a_unix_socket_knows_no_address_of_its_clients(self):
        path = os.path.join(self.folder(), "socket")
        self.start([os.environ["LIBTRACE_H2O_HOST"], path], env=self.TRACING, traced=True, service="h2o_host")
        wait_until(lambda: run(["curl", "-sSf", "--unix-socket", path, "http://localhost/hello"]).code == 0,
                   what="the server")
        self.run_alike("curl", "-sS", "--unix-socket", path, "http://localhost/hello")
        client, server = self.backend.trace(TRACE, 2)
        self.expect_peer(client, path, "unix")
        self.expect_peer(server, None, "unix")
        self.assertNotIn("client.address", server.attributes)

    def test_an_abstract_unix_socket_is_told_by_its_name(self):
        name = f"libtrace-test-{os.getpid()}"
        self.serve_socket("\0" + name)
        self.run_alike("curl", "-sS", "--abstract-unix-socket", name, "http://localhost/x")
        (span,) = self.backend.trace(TRACE, 1)
        self.expect_peer(span, "@" + name, "unix")

    def test_a_unix_socket_that_is_not_there_is_no_peer(self):
        done = run(["curl", "-sS", "--unix-socket", "/nowhere", "http://localhost/x"], traced=True,
                   env={**self.TRACING, "TRACEPARENT": f"00-{TRACE}-{PARENT}-01"})
        self.assertEqual(done.code, 7, done)
        (span,) = self.backend.trace(TRACE, 1)
        self.expect_peer(span, None, None)

    def test_a_method_without_an_end_is_cut_on_both_sides(self):
        self.start([os.environ["LIBTRACE_H2O_HOST"], "8002"], env=self.TRACING, traced=True,
                   service="h2o_host").wait_ready(8002, "/hello")
        self.run_alike("curl", "-sS", "-X", LONG, "http://127.0.0.1:8002/hello")
        wait_until(lambda: len(self.backend.spans(TRACE)) == 2, what="two spans")
        for span in self.backend.spans(TRACE):
            self.assertEqual(span.attributes["http.request.method"], "_OTHER")
            self.assertRegex(span.attributes["http.request.method_original"], r"^B{31,64}$")

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def expect_peer(self, span, address, transport):
        self.assertEqual(span.attributes.get("network.peer.address"), address)
        self.assertEqual(span.attributes.get("network.transport"), transport)
        self.assertNotIn("network.peer.port", span.attributes)
        self.assertEqual(span.attributes["server.address"], "localhost")


if __name__ == "__main__":
    harness.main()
