# SPDX-License-Identifier: Apache-2.0
"""The reference application of OpenTelemetry's getting-started pages: answers and log lines as its specification has
them, without tracing and with it; the traced one's spans, attribute by attribute."""
import json
import os
import re
import secrets
import signal

import harness
from harness import StackTest, get, request

PORT = 8080
REFUSED = {"status": "error", "message": "Parameter rolls must be a positive integer"}
UNSET, ERROR = 0, 2
CALLER = "b7ad6b7169203331"


class RolldiceTest(StackTest):
    def start_rolldice(self, program, **options):
        """It has no handler of signals: it ends by SIGTERM, and what it has traced arrives."""
        rolldice = harness.Program([program], env={**self.TRACING, "APPLICATION_PORT": str(PORT)}, service="rolldice",
                                   **options)
        self.addCleanup(self.end, rolldice)
        return rolldice.wait_ready(PORT, "/rolldice")

    def end(self, rolldice):
        self.assertEqual(rolldice.stop(), -signal.SIGTERM, rolldice.output)


class Plain(RolldiceTest):
    PROGRAM, TRACED = os.environ["LIBTRACE_ROLLDICE"], False

    def setUp(self):
        super().setUp()
        self.rolldice = self.start_rolldice(self.PROGRAM, traced=self.TRACED)

    def rolled(self, query, method="GET"):
        answer = request(method, PORT, "/rolldice" + query)
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        return json.loads(answer.body)

    def assert_logged(self, *lines):
        for line in lines:
            harness.wait_until(lambda: re.search("^" + line, self.rolldice.output, re.MULTILINE), what=line)

    def test_one_roll_is_a_number_of_1_to_6_and_each_comes(self):
        self.assertEqual({self.rolled("") for _ in range(200)} | {self.rolled("?rolls=1")}, set(range(1, 7)))
        self.assert_logged("DEBUG anonymous player rolled [1-6]", "INFO GET /rolldice 200")

    def test_n_rolls_are_an_array(self):
        for n in (2, 7, 1000):
            results = self.rolled(f"?rolls={n}&player=alice")
            self.assertEqual(len(results), n)
            self.assertLessEqual(set(results), set(range(1, 7)))
        self.assert_logged(r"DEBUG player alice rolled \[[1-6],[1-6]\]")

    def test_post_rolls_as_well(self):
        self.assertIn(self.rolled("?player=bob", "POST"), range(1, 7))
        self.assert_logged("DEBUG player bob rolled [1-6]", "INFO POST /rolldice 200")

    def test_what_is_no_number_or_too_large_is_400_and_a_warning(self):
        for text in ("", "x", "1x", "1.5", "+1", "%31", "1001", "9" * 40):
            with self.subTest(rolls=text):
                answer = get(PORT, f"/rolldice?player=a&rolls={text}")
                self.assertEqual((answer.status, json.loads(answer.body)), (400, REFUSED))
        self.assert_logged("WARN GET /rolldice 400 .*" + REFUSED["message"])

    def test_0_and_negative_numbers_are_500_without_a_body_and_an_error(self):
        for rolls in (0, -1, -1000000):
            answer = get(PORT, f"/rolldice?rolls={rolls}")
            self.assertEqual((answer.status, answer.body), (500, b""))
        self.assert_logged("ERROR GET /rolldice 500")

    def test_other_paths_are_404_and_other_methods_405(self):
        self.assertEqual(get(PORT, "/dice").status, 404)
        self.assertEqual(request("DELETE", PORT, "/rolldice").status, 405)


class Traced(Plain):
    PROGRAM, TRACED = os.environ["LIBTRACE_ROLLDICE_TRACED"], True


class WithoutProvider(Plain):
    PROGRAM = os.environ["LIBTRACE_ROLLDICE_TRACED"]


class Ports(RolldiceTest):
    def test_a_port_that_is_none_or_taken_is_said(self):
        for port in ("x", "0", "65536", "80 "):
            finished = harness.run([Plain.PROGRAM], env={"APPLICATION_PORT": port})
            self.assertEqual((finished.code, finished.out), (2, ""))
            self.assertIn("APPLICATION_PORT", finished.err)
        self.start_rolldice(Plain.PROGRAM)
        finished = harness.run([Plain.PROGRAM], env={"APPLICATION_PORT": str(PORT)})
        self.assertEqual(finished.code, 1)
        self.assertIn(f"port {PORT}: Address already in use", finished.err)


class Spans(RolldiceTest):
    def traced(self, query, n_spans):
        self.start_backend()
        rolldice = self.start_rolldice(os.environ["LIBTRACE_ROLLDICE_TRACED"], traced=True)
        trace = secrets.token_hex(16)
        answer = get(PORT, "/rolldice" + query, headers={"traceparent": f"00-{trace}-{CALLER}-01"})
        server, *rest = self.backend.trace(trace, n_spans)
        self.assertEqual((server.name, server.kind, server.parent, server.service),
                         ("GET /rolldice", "SERVER", CALLER, "rolldice"))
        self.assertEqual((server.attributes["http.route"], server.attributes["http.response.status_code"]),
                         ("/rolldice", answer.status))
        self.assertIn(f"trace_id={trace} span_id={server.id} trace_flags=01", rolldice.output)
        return answer, server, rest

    def check_outer(self, span, parent, rolls, status, **more):
        self.assertEqual((span.name, span.kind, span.parent, span.status), ("dice_roll", "INTERNAL", parent.id, status))
        self.assertEqual(span.scope, {"name": "dice", "version": "1.0.0"})
        self.assertEqual(span.attributes, {"code.function.name": "dice_roll", "dice.rolls": rolls, **more})

    def test_the_functions_of_the_library_have_a_span_each_under_the_requests(self):
        answer, server, (outer, *inner) = self.traced("?rolls=3&player=bob", 5)
        self.assertEqual(server.status, UNSET)
        self.check_outer(outer, server, 3, UNSET)
        self.assertEqual({(s.name, s.kind, s.parent, s.status) for s in inner},
                         {("roll_once", "INTERNAL", outer.id, UNSET)})
        self.assertEqual([s.attributes for s in inner],
                         [{"code.function.name": "roll_once", "dice.rolled": n} for n in json.loads(answer.body)])

    def test_the_librarys_error_is_an_exception_of_its_span_and_an_error_of_the_requests(self):
        _, server, (outer,) = self.traced("?rolls=-1", 2)
        self.assertEqual((server.status, server.attributes["error.type"]), (ERROR, "500"))
        self.check_outer(outer, server, -1, ERROR, **{"error.type": "EINVAL"})
        (event,) = outer.events
        self.assertEqual(event["name"], "exception")

    def test_what_the_app_refuses_is_no_error_of_the_server(self):
        _, server, rest = self.traced("?rolls=x", 1)
        self.assertEqual((server.status, rest), (UNSET, []))


if __name__ == "__main__":
    harness.main()
