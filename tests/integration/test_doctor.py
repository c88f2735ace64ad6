# SPDX-License-Identifier: Apache-2.0
"""--doctor agrees with the agent: it reads the same settings and sends in the same way."""
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import harness
from collector import Answer, Collector, OK

CC = os.environ.get("LIBTRACE_CC", "cc").split()
TRACED = "api-gateway"  # it starts with libh2o and libcurl


def doctor(program=TRACED, env=None, options=()):
    return harness.run(["libtrace-instrument", *options, "--doctor", program], env=env)


def lines(done, topic):
    """What it says of a topic, a text a line."""
    return [line[11:] for line in done.out.splitlines() if line[:11].rstrip() == topic]


def line(done, topic):
    (text,) = lines(done, topic) or ["nothing"]
    return text


class DoctorTest(unittest.TestCase):
    def collect(self, answer=lambda n, sent: OK, port=4318):
        collector = Collector(answer, port)
        self.addCleanup(collector.stop)
        return collector


class Delivery(DoctorTest):
    def test_a_collector_that_takes_spans_is_asked_to_take_none(self):
        for env in ({}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}):
            with self.subTest(env=env):
                collector = self.collect()
                done = doctor(env=env)
                collector.stop()
                self.assertEqual((done.code, line(done, "verdict")), (0, "it would be traced"), done)
                (sent,) = collector.sent
                self.assertEqual((sent.path, sent.names), ("/v1/traces", []))

    def test_headers_are_sent_and_never_printed(self):
        def guard(n, sent):
            return OK if sent.headers.get("api-key") == "secret word" else Answer(401)

        self.collect(guard)
        done = doctor()
        self.assertEqual(done.code, 1)
        self.assertIn("401", line(done, "answer"))
        self.assertEqual(line(done, "verdict"), "it would be traced, but its spans would not arrive")
        done = doctor(env={"OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret%20word"})
        self.assertEqual((done.code, line(done, "answer")), (0, "yes: takes spans"))
        self.assertIn("with api-key", line(done, "export"))
        self.assertNotIn("secret", done.out + done.err)

    def test_nobody_listens(self):
        done = doctor()
        self.assertEqual(done.code, 1)
        self.assertRegex(line(done, "answer"), r"^no: .*http://localhost:4318/v1/traces")

    def test_a_collector_that_never_answers_is_given_up_after_three_seconds(self):
        self.collect(lambda n, sent: None)
        done = doctor()
        self.assertEqual(done.code, 1)
        self.assertRegex(line(done, "answer"), "^no: ")
        self.assertTrue(2.5 < done.seconds < 4 * harness.SLOWNESS, done)

    def test_an_endpoint_without_a_scheme_exports_nothing(self):
        self.collect()
        done = doctor(env={"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"})
        self.assertEqual(done.code, 1)
        self.assertIn("did you mean http://localhost:4318?", line(done, "warning"))
        self.assertEqual(line(done, "verdict"), "it would be traced, but its spans would not arrive")

    def test_passwords_and_keys_are_used_and_never_printed(self):
        collector = self.collect()
        for variable in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
            for url in ("http://me:secret@127.0.0.1:4318/?key=secret", "http://me:secret@127.0.0.1:1/?key=secret",
                        "me:secret@127.0.0.1:4318", "http://me:sec/ret@127.0.0.1:4318"):
                done = doctor(env={variable: url})
                for word in ("secret", "ret@", "sec/"):
                    self.assertNotIn(word, done.out + done.err)
        self.assertEqual(len(collector.sent), 2)
        self.assertEqual(collector.sent[0].headers["authorization"], "Basic bWU6c2VjcmV0")

    def test_an_address_of_ipv6_keeps_its_brackets(self):
        hosts = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                hosts.append(self.headers["Host"])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6
            daemon_threads = True

        try:
            server = Server(("::1", 4320), Handler)
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")
        self.addCleanup(server.server_close)
        harness.threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.shutdown)
        done = doctor(env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:4320"})
        self.assertEqual((done.code, hosts), (0, ["[::1]:4320"]), done)

    def test_the_way_through_a_proxy_is_the_one_that_is_said(self):
        proxy = harness.RawServer(3128, harness.http_bytes(200))
        self.addCleanup(proxy.stop)
        env = {"http_proxy": "http://me:secret@127.0.0.1:3128",
               "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid:4318"}
        done = doctor(env=env)
        self.assertEqual((done.code, len(proxy.requests)), (0, 1), done)
        self.assertEqual(line(done, "way"), "through the proxy http://127.0.0.1:3128 of http_proxy")
        self.assertNotIn("secret", done.out + done.err)
        done = doctor(env={**env, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"})
        self.assertEqual((done.code, len(proxy.requests)), (1, 1), done)
        self.assertRegex(line(done, "way"), "^directly, not through http://127.0.0.1:3128 of http_proxy: .*loopback")

    def test_an_exporter_that_nobody_knows_is_otlp_as_the_agent_has_it(self):
        done = doctor(env={"OTEL_TRACES_EXPORTER": "zipkin"})
        self.assertEqual(done.code, 1)
        self.assertIn("zipkin", line(done, "warning"))
        self.assertIn("http://localhost:4318/v1/traces", line(done, "export"))

    def test_what_exports_nothing_and_what_prints(self):
        for env, code, word in (({"OTEL_TRACES_EXPORTER": "none"}, 1, "OTEL_TRACES_EXPORTER"),
                                ({"OTEL_SDK_DISABLED": "true"}, 1, "OTEL_SDK_DISABLED"),
                                ({"OTEL_TRACES_EXPORTER": "console"}, 0, "console")):
            with self.subTest(env=env):
                done = doctor(env=env)
                self.assertEqual(done.code, code)
                self.assertIn(word, line(done, "export"))


class Settings(DoctorTest):
    def test_what_is_wrong_is_said_as_a_traced_program_says_it(self):
        bad = {"OTEL_TRACES_SAMPLER": "sometimes", "OTEL_BSP_MAX_QUEUE_SIZE": "many", "OTEL_SDK_DISABLED": "maybe",
               "OTEL_EXPORTER_OTLP_HEADERS": "a=1,broken", "OTEL_EXPORTER_OTLP_TIMEOUT": "soon",
               "OTEL_RESOURCE_ATTRIBUTES": "broken", "OTEL_SPAN_LINK_COUNT_LIMIT": "-1",
               "OTEL_C_RESPONSE_HEADERS": "some", "OTEL_C_EXIT_TIMEOUT": "soon",
               "OTEL_LOG_LEVEL": "loud"}
        self.collect()
        done = doctor(env=bad)
        traced = harness.run([TRACED, "--version"], traced=True, env=bad)
        said = {text.split(": ", 2)[2] for text in traced.err.splitlines() if text.startswith("libtrace: ")}
        self.assertEqual(set(lines(done, "warning")), said)
        self.assertEqual(len(said), len(bad), said)

    def test_which_way_spans_leave_the_program(self):
        for env, text in (({}, "^yes: .*/libtrace-relay, beside the program, sends its spans$"),
                          ({"OTEL_C_RELAY": "no"}, "^no, a thread of the program's sends its spans: OTEL_C_RELAY is no$"),
                          ({"OTEL_TRACES_EXPORTER": "console"}, "^no, .*: OTEL_TRACES_EXPORTER is not otlp alone$"),
                          ({"OTEL_C_RELAY": "/run/r.sock"}, "^the one that listens at /run/r.sock$")):
            with self.subTest(env=env):
                self.assertRegex(line(doctor(env=env), "relay"), text)

    def test_the_service_s_name_is_the_one_in_the_spans(self):
        for env, name in (({}, f"unknown_service:{TRACED}"), ({"OTEL_SERVICE_NAME": "shop"}, "shop"),
                          ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=shop%2Cnorth"}, "shop,north"),
                          ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=a", "OTEL_SERVICE_NAME": " b\n"}, "b")):
            self.assertEqual(line(doctor(env=env), "service"), name)

    def test_a_variable_that_nothing_reads_is_said_with_what_may_be_meant(self):
        done = doctor(env={"OTEL_EXPORTER_OTLP_ENDPIONT": "http://me:secret@h", "OTEL_SERVICE_NAME": "shop"})
        self.assertEqual(lines(done, "setting"),
                         ["OTEL_EXPORTER_OTLP_ENDPIONT: nothing here reads it (is OTEL_EXPORTER_OTLP_ENDPOINT meant?)",
                          "OTEL_SERVICE_NAME=shop"])

    def test_what_would_harm_a_terminal_is_cleaned(self):
        done = doctor(env={"OTEL_SERVICE_NAME": "a\x1b[2J\rb\nverdict    fine"})
        self.assertNotIn("\x1b", done.out)
        self.assertNotIn("\r", done.out)
        self.assertEqual(len(lines(done, "verdict")), 1)


class Programs(DoctorTest):
    def setUp(self):
        self.collect()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)

    def write(self, text, mode=0o755):
        path = os.path.join(self.folder, "program")
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def compile(self, source, *options):
        path = os.path.join(self.folder, "compiled")
        done = subprocess.run([*CC, "-x", "c", "-", "-o", path, *options], input=source, text=True, capture_output=True)
        if done.returncode:
            self.skipTest(f"cannot compile: {done.stderr}")
        return path

    def test_what_loads_libraries_or_starts_programs_later_may_be_traced(self):
        for source, can in (("#include <dlfcn.h>\nint main(void) { return !dlopen(\"x\", 1); }", "load libraries"),
                            ("#include <unistd.h>\nint main(void) { return execlp(\"x\", \"x\", (char *)0); }",
                             "start programs")):
            done = doctor(self.compile(source))
            self.assertEqual(done.code, 0, done)
            self.assertIn(f"it can {can}:", line(done, "later"))
            self.assertIn("it may be traced", line(done, "verdict"))

    def test_what_it_starts_is_not_traced_when_children_are_left_alone(self):
        starts = self.compile("#include <unistd.h>\nint main(void) { return execlp(\"x\", \"x\", (char *)0); }")
        done = doctor(starts, options=("--no-children",))
        self.assertEqual((done.code, line(done, "verdict")), (1, "it would not be traced"), done)

    def test_what_does_neither_would_not_be_traced(self):
        done = doctor(self.compile("int main(void) { return 0; }"))
        self.assertEqual((done.code, line(done, "verdict")), (1, "it would not be traced"), done)

    def test_a_static_program_is_not_traced_but_what_it_starts_may_be(self):
        done = doctor(self.compile("int main(void) { return 0; }", "-static"))
        self.assertEqual(done.code, 1)
        self.assertIn("linked statically", line(done, "agent"))
        self.assertEqual(line(done, "verdict"), "it would not be traced, but programs that it starts may be")

    def test_a_script_without_a_first_line_is_the_shell_s(self):
        for text in ("echo hello\n", ""):
            done = doctor(self.write(text))
            self.assertEqual(done.code, 0, done)
            self.assertTrue(line(done, "program").endswith(", a script that /bin/sh runs"))
            self.assertEqual(line(done, "service"), "unknown_service:sh")

    def test_what_cannot_be_run_is_said_in_plain_words_with_a_shell_s_exit_code(self):
        for path, code, words in ((self.folder, 126, "it is a folder, not a program"),
                                  (self.write("x", 0o644), 126, "it is not executable"),
                                  (os.path.join(self.folder, "none"), 127, "there is no such program"),
                                  ("no-such-program", 127, "there is no such program")):
            done = doctor(path)
            self.assertEqual((done.code, done.out, done.err), (code, "", f"libtrace-instrument: {path}: {words}\n"))
        script = self.write("#!/no/such/interpreter\n")
        done = doctor(script)
        self.assertEqual(done.code, 127)
        self.assertIn("/no/such/interpreter: there is no such program", done.err)

    @unittest.skipUnless(harness.CAN_BE_TWO_USERS, harness.NEEDS_TWO_USERS)
    def test_a_program_that_may_be_run_but_not_read_may_be_traced(self):
        path = self.compile("int main(void) { return 0; }")
        os.chmod(path, 0o111)
        launcher = shutil.copy(harness.program_path("libtrace-instrument"), self.folder)  # where others may go
        command, env = harness.command_of([launcher, "--doctor", path])
        done = subprocess.run(command, env=env, user=54321, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("run but not read", done.stdout)
        self.assertIn("it may be traced", done.stdout)


if __name__ == "__main__":
    harness.main()
