# SPDX-License-Identifier: Apache-2.0
"""Requests as bytes: in a row, cut anywhere, ambiguous, and with half a connection."""
import json
import os
import re
import socket
import struct

import harness
from harness import StackTest, wait_until
from raw_client import HEALTH, ORDER, connect, read_to_end


class Pipelined(StackTest):
    def test_every_request_of_a_pipeline_is_answered_in_its_order(self):
        self.start_order("order-service", traced=False, env={"ORDER_PROCESSING_MS": "0", "THREADS": "1"})
        requests, bodies = [], []
        for i in range(300):
            kind = i % 3
            body = json.dumps({"item": f"i{i}", "qty": 1}).encode() if kind else b""
            if kind == 0:
                requests.append(b"GET /p%d HTTP/1.1\r\nHost: a\r\n\r\n" % i)
            elif kind == 1:
                requests.append(b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            else:
                requests.append(b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            bodies.append(b" 404 " if kind == 0 else b" 200 ")
        for step in (7, 1000, 1000000):  # bytes written at once: heads and bodies are cut anywhere
            with self.subTest(step=step), connect(self.ORDER) as s:
                sent = b"".join(requests)
                if step == 7:
                    sent = b"".join(requests[:30])
                for at in range(0, len(sent), step):
                    s.sendall(sent[at:at + step])
                s.shutdown(socket.SHUT_WR)
                lines = [part.split(b"\r\n")[0] for part in read_to_end(s).split(b"HTTP/1.1")[1:]]
                wanted = bodies[:30] if step == 7 else bodies
                self.assertEqual([line[:5] for line in lines], wanted)


class Ambiguous(StackTest):
    """Each case is a file: the bytes of a request, behind a first line with the status that it gets."""
    CASES = os.path.join(harness.SOURCE, "tests", "data", "request")

    def setUp(self):
        super().setUp()
        self.start_order("order-service", traced=False, env={"ORDER_PROCESSING_MS": "0", "THREADS": "1"})

    def cases(self):
        for name in sorted(os.listdir(self.CASES)):
            with open(os.path.join(self.CASES, name), "rb") as file:
                status, _, data = file.read().partition(b"\n")
            yield name, int(status), data

    def check_refused(self, answer, status):
        answer = harness.parse_response(answer.decode())
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["connection"], "close")
        self.assertEqual(set(json.loads(answer.body)), {"error", "message"})

    def test_a_request_that_can_be_read_in_two_ways_is_refused_and_its_connection_closed(self):
        for name, status, data in self.cases():
            with self.subTest(case=name), connect(self.ORDER) as s:
                s.sendall(data)
                if status == 200:
                    s.shutdown(socket.SHUT_WR)
                    self.assertIn(b" 200 OK", read_to_end(s).split(b"\r\n")[0])
                else:
                    self.check_refused(read_to_end(s), status)

    def test_also_behind_another_one_on_the_same_connection(self):
        good = HEALTH
        for name, status, data in self.cases():
            if status == 200:
                continue
            for pause in (False, True):
                with self.subTest(case=name, pause=pause), connect(self.ORDER) as s:
                    s.sendall(good if pause else good + data)
                    if pause:
                        self.assertIn(b'"ok"', s.recv(65536))
                        s.sendall(data)
                    answers = read_to_end(s)
                    last = list(re.finditer(rb"HTTP/1\.1 \d\d\d ", answers))[-1]
                    self.check_refused(answers[last.start():], status)

    def test_they_are_counted(self):
        with connect(self.ORDER) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            self.check_refused(read_to_end(s), 400)
        wait_until(lambda: "requests refused: not HTTP" in self.order.output, what="a line in the log")

    def test_traceview_refuses_them_too(self):
        self.start_backend()
        for port in (self.backend.UI, self.backend.OTLP):
            with connect(port) as s:
                s.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                self.check_refused(read_to_end(s), 400)


class HalfClosed(StackTest):
    def test_a_client_that_has_closed_its_side_gets_its_answer(self):
        self.start_order("order-service", traced=False, env={"ORDER_PROCESSING_MS": "300"})
        for head in (ORDER, ORDER.replace(b"HTTP/1.1", b"HTTP/1.0")):
            with self.subTest(head=head[:30]), connect(self.ORDER) as s:
                s.sendall(head)
                s.shutdown(socket.SHUT_WR)
                answer = read_to_end(s)
                self.assertIn(b"HTTP/1.1 200 OK", answer)
                self.assertIn(b"ord-789", answer)

    def test_an_order_whose_client_has_gone_is_cancelled(self):
        self.start_order("order-service-custom", traced=False)
        for is_reset in (False, True):
            with self.subTest(is_reset=is_reset):
                s = connect(self.ORDER)
                s.sendall(ORDER)
                wait_until(lambda: self.order.output.count("order received") == 1 + is_reset, what="the order")
                if is_reset:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                s.close()
                wait_until(lambda: self.order.output.count("order cancelled") == 1 + is_reset, 1, "its end")


if __name__ == "__main__":
    harness.main()
