# SPDX-License-Identifier: Apache-2.0
"""--doctor agrees with the agent: it reads the same settings and sends in the same way."""
import glob
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
LIB = os.environ.get("LIBTRACE_LIB", "")
AGENT = os.path.join(LIB, "libtrace-agent.so")
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


# Runs until its input ends.
HOLDS = r"""
#include <stdio.h>
extern int KEEPS(void *) __attribute__((weak));
int main(void)
{
	printf("up%s\n", KEEPS ? "!" : "");
	fflush(stdout);
	return getchar() == EOF ? 0 : 1;
}
"""


def preload(*libraries):
    return {"LD_PRELOAD": ":".join([*harness.sanitizer_runtimes(), *libraries])}


class Processes(DoctorTest):
    """--pid: what holds of a process that runs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)

    def compile(self, *options, compiler=CC, keeps="none"):
        """A program that holds on; keeps: a function that it would call."""
        path = os.path.join(self.folder, "holds")
        done = subprocess.run([*compiler, "-x", "c", "-", f"-DKEEPS={keeps}", "-o", path, "-x", "none", *options],
                              input=HOLDS, text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def hold(self, command, env=None, traced=False, **popen):
        """Starts it, and waits until it runs."""
        command, env = harness.command_of(command, env, traced)
        process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, **popen)
        self.addCleanup(process.communicate)
        self.assertTrue(process.stdout.readline().startswith(b"up"))
        return process.pid

    def examine(self, pid, code, verdict):
        done = harness.run(["libtrace-instrument", "--doctor", "--pid", str(pid)])
        self.assertEqual((done.code, done.err, line(done, "verdict")), (code, "", verdict), done)
        return done

    def not_traced(self, pid):
        return self.examine(pid, 1, "it is not traced")

    def agent(self, command, env=None, **popen):
        """What it says of the agent in a program that is not traced."""
        return line(self.not_traced(self.hold(command, env, **popen)), "agent")

    def with_curl(self):
        return self.compile("-Wl,--no-as-needed", "-lcurl")

    def copy(self, *names):
        """The agent, in a folder that has these of its files."""
        folder = os.path.join(self.folder, "copy")
        os.makedirs(folder, exist_ok=True)
        for name in names:
            shutil.copy(os.path.join(LIB, name), folder)
        return os.path.join(folder, "libtrace-agent.so")

    # --- traced ---

    def test_a_traced_process_is_said_to_be_with_what_and_by_which_way(self):
        env = {"OTEL_SERVICE_NAME": "shop", "OTEL_BSP_SCHEDULE_DELAY": "200"}
        done = self.examine(self.hold([self.with_curl()], {**env, "OTEL_C_RELAY": "yes"}, traced=True), 0, "it is traced")
        self.assertEqual(line(done, "agent"), f"{AGENT} is in it")
        self.assertRegex(line(done, "client"), r"^yes: libcurl\.so\.4\S* \(/\S+/libcurl\.so\.4")
        self.assertRegex(line(done, "server"), "^no: it has no libh2o")
        self.assertIn("OTEL_BSP_SCHEDULE_DELAY=200", lines(done, "setting"))
        self.assertRegex(line(done, "process"), r"^\d+, /\S+/holds$")
        self.assertEqual(line(done, "service"), os.path.join(self.folder, "holds"), "of the launcher's option")
        if harness.named_relay().startswith("[,"):
            self.skipTest("no relay here")
        self.assertEqual(line(done, "relay"), "yes: it shares its spans with the one of its launcher")

    def test_a_server_is_said_to_be_traced_and_a_thread_to_send_from_its_first_span_on(self):
        self.collect()
        env = {"PORT": "8001", "OTEL_C_RELAY": "no"}
        server = harness.Program(["order-service"], env, traced=True)
        self.addCleanup(server.stop)
        server.wait_ready(8001)
        done = self.examine(server.pid, 0, "it is traced")
        self.assertRegex(line(done, "server"), r"^yes: libh2o-evloop\.so\S* \(/\S+/libh2o-evloop\.so")
        self.assertEqual(line(done, "relay"), "no")
        self.assertRegex(line(done, "thread"), "^not yet: the first span")
        harness.get(8001, "/nothing")
        with open(f"/proc/{server.pid}/status") as status:
            self.assertIn("Name:\torder-service\n", status)
        harness.wait_until(lambda: "yes: a thread of its own sends its spans"
                           in lines(self.examine(server.pid, 0, "it is traced"), "thread"))

    def test_a_relay_at_a_path_is_named_and_one_that_is_not_there_is_said_not_to_be(self):
        path = os.path.join(self.folder, "relay.sock")
        host = self.with_curl()
        env = {"OTEL_C_RELAY": path}
        done = self.examine(self.hold([host], env, traced=True), 0, "it is traced")
        self.assertEqual(line(done, "relay"),
                         f"no: nothing of it is in the process, though OTEL_C_RELAY is {path}, which is not there")
        relay = harness.Program(["libtrace-relay", "--listen", path])
        self.addCleanup(relay.stop)
        harness.wait_until(lambda: harness.listens_at(path))
        done = self.examine(self.hold([host], env, traced=True), 0, "it is traced")
        self.assertEqual(line(done, "relay"), f"yes: it shares its spans with the one that listens at {path}")

    def test_of_two_agents_the_one_that_works_is_named_and_the_other_said_to_have_stepped_aside(self):
        copy = self.copy("libtrace-agent.so", "libtrace-agent-core.so", "libtrace-c.so.0")
        host = self.with_curl()
        for agents in ((copy, AGENT), (AGENT, copy)):
            done = self.examine(self.hold([host], preload(*agents)), 0, "it is traced")
            self.assertEqual(lines(done, "agent"),
                             [f"{agents[0]} is in it", f"{agents[1]} is in it too, and has stepped aside"])

    def test_a_program_that_makes_its_own_spans_traces_itself(self):
        program = self.compile(f"-I{os.path.join(harness.SOURCE, 'libtrace/include')}", f"-L{LIB}", "-Wl,--no-as-needed",
                               "-ltrace-c", f"-Wl,-rpath,{LIB}")
        env = preload() if harness.sanitizer_runtimes() else {}
        done = self.examine(self.hold([program], env), 0, "it traces itself, without the agent")
        self.assertRegex(line(done, "spans"), r"^its own: /\S+/libtrace-c\.so")

    # --- not traced, and why ---

    def test_what_was_started_without_the_agent(self):
        for env in ({}, {"LD_PRELOAD": os.path.join(self.folder, "libother.so")}):
            self.assertEqual(self.agent([self.with_curl()], env),
                             "is not in it: it was started without, neither LD_PRELOAD in its environment nor "
                             "/etc/ld.so.preload names libtrace-agent.so")

    def test_what_is_static(self):
        self.assertEqual(self.agent([self.compile("-static")], preload(AGENT)),
                         "is not in it: it is linked statically, so nothing can be loaded into it")

    def test_what_has_no_library_that_is_traced(self):
        done = self.not_traced(self.hold([self.compile()], preload(AGENT)))
        self.assertEqual(line(done, "agent"), f"{AGENT} is in it, and waits for a library that it traces")
        self.assertRegex(line(done, "server"), "^no: it has no libh2o")
        self.assertRegex(line(done, "client"), "^no: it has no libcurl")

    @unittest.skipUnless(shutil.which("musl-gcc"), "no musl-gcc")
    @unittest.skipIf(harness.SANITIZED, "the sanitizers' libraries do not load into it")
    def test_what_uses_musl_and_has_no_library_that_is_traced(self):
        program = self.compile(compiler=["musl-gcc"])
        self.assertEqual(self.agent([program], preload(AGENT)), f"{AGENT} is in it, and waits for a library that it traces")

    @unittest.skipUnless(shutil.which("musl-gcc"), "no musl-gcc")
    @unittest.skipIf(harness.SANITIZED, "the sanitizers' libraries do not load into it")
    def test_what_uses_musl_and_has_a_library_that_is_traced(self):
        if not os.path.exists(os.path.join(LIB, "libtrace-musl")):
            self.skipTest("no musl-gcc when this was built")
        done = self.examine(self.hold([self.with_curl_of_musl()], preload(AGENT)), 0, "it is traced")
        self.assertEqual(line(done, "agent"), f"{AGENT} is in it")

    def with_curl_of_musl(self):
        library = os.path.join(self.folder, "libcurl.so.4")
        subprocess.run(["musl-gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input="int curl_easy_setopt;",
                       text=True, check=True)
        return self.compile("-Wl,--no-as-needed", library, compiler=["musl-gcc"])

    @unittest.skipUnless(shutil.which("musl-gcc"), "no musl-gcc")
    @unittest.skipIf(harness.SANITIZED, "the sanitizers' libraries do not load into it")
    def test_what_uses_musl_where_the_agent_has_no_core_for_it(self):
        copy = self.copy("libtrace-agent.so", "libtrace-agent-core.so", "libtrace-c.so.0")
        self.assertEqual(self.agent([self.with_curl_of_musl()], preload(copy)), f"{copy} is in it, and does nothing: there is "
                         f"no {os.path.dirname(copy)}/libtrace-musl/libtrace-agent-core.so")

    @unittest.skipUnless(shutil.which("musl-gcc") and os.geteuid() == 0, "no musl-gcc, or not root")
    def test_what_uses_musl_and_was_given_the_agent_by_ld_so_preload(self):
        program = self.compile(compiler=["musl-gcc"])
        (linker,) = glob.glob("/lib/ld-musl-*.so.1")
        for path in (linker, "/etc/ld.so.preload"):
            os.makedirs(os.path.dirname(self.folder + path), exist_ok=True)
        shutil.copy(linker, self.folder + linker)
        with open(self.folder + "/etc/ld.so.preload", "w") as file:
            file.write(AGENT + "\n")
        self.assertEqual(self.agent(["chroot", self.folder, "/holds"]),
                         "is not in it: musl's dynamic linker reads no /etc/ld.so.preload, but LD_PRELOAD")

    @unittest.skipUnless(harness.CAN_BE_TWO_USERS, harness.NEEDS_TWO_USERS)
    def test_what_has_more_rights_than_its_caller(self):
        program = self.compile()
        os.chown(program, 12345, 12345)
        os.chmod(program, 0o4755)
        self.assertRegex(self.agent([program], preload(AGENT), user=54321),
                         r"^is not in it: it runs with more rights than its caller \(setuid, .* ignores LD_PRELOAD$")

    def test_what_was_given_an_agent_that_is_not_there(self):
        missing = os.path.join(self.folder, "none", "libtrace-agent.so")
        self.assertEqual(self.agent([self.compile()], preload(missing)),
                         f"is not in it: LD_PRELOAD names {missing}, which is not there")

    @unittest.skipIf(subprocess.call(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL),
                     "unshare --mount is not allowed, or this is a chroot whose root is no mount point")
    def test_what_is_in_another_mount_namespace_that_lacks_the_agent(self):
        program, copy = self.compile(), self.copy("libtrace-agent.so")
        hidden = f"mount -t tmpfs none {os.path.dirname(copy)} && LD_PRELOAD={copy} exec {program}"
        done = self.not_traced(self.hold(["unshare", "--mount", "sh", "-c", hidden]))
        self.assertRegex(line(done, "process"), ", in another mount namespace: its paths are its own$")
        self.assertEqual(line(done, "agent"),
                         f"is not in it: LD_PRELOAD names {copy}, which is not there but in this mount namespace: it is "
                         "to be mounted into the process's, too")

    def test_what_was_given_an_agent_that_the_dynamic_linker_refuses(self):
        broken = os.path.join(self.folder, "libtrace-agent.so")
        with open(broken, "w") as file:
            file.write("no library")
        self.assertEqual(self.agent([self.compile()], preload(broken)),
                         f"is not in it, though LD_PRELOAD names {broken}: the dynamic linker has refused it, with a "
                         "message on the process's standard error")

    def test_what_lacks_the_rest_of_the_agent(self):
        copy = self.copy("libtrace-agent.so")
        self.assertEqual(self.agent([self.with_curl()], preload(copy)),
                         f"{copy} is in it, and does nothing: there is no {os.path.dirname(copy)}/libtrace-agent-core.so")

    def test_what_has_another_libh2o(self):
        folder = os.path.dirname(os.environ["LIBTRACE_OTHER_H2O_HOST"])
        program = self.compile("-Wl,--no-as-needed", f"{folder}/libh2o.so.9.9", f"-Wl,-rpath,{folder}", keeps="h2o_process_request")
        done = self.not_traced(self.hold([program], preload(AGENT)))
        self.assertRegex(line(done, "server"), r"^no: it has libh2o\.so\.9\.9, and this agent was built for libh2o")

    def test_what_was_told_not_to_trace(self):
        host = self.with_curl()
        for env, text in (({"OTEL_SDK_DISABLED": "true"}, "no: OTEL_SDK_DISABLED is true"),
                          ({"OTEL_TRACES_EXPORTER": "none"}, "no: OTEL_TRACES_EXPORTER is none")):
            done = self.not_traced(self.hold([host], env, traced=True))
            self.assertEqual(line(done, "export"), text)

    # --- what cannot be told ---

    def cannot_tell(self, pid, text, command=("libtrace-instrument",), **popen):
        command, env = harness.command_of([*command, "--doctor", f"--pid={pid}"])
        done = subprocess.run(command, env=env, capture_output=True, text=True, **popen)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done)
        self.assertRegex(done.stderr, f"^libtrace-instrument: process {pid}: {text}.*\n$")

    @unittest.skipUnless(harness.CAN_BE_TWO_USERS, harness.NEEDS_TWO_USERS)
    def test_another_user_s_process_cannot_be_told_of(self):
        launcher = shutil.copy(harness.program_path("libtrace-instrument"), self.folder)  # where others may go
        self.cannot_tell(os.getpid(), "it cannot be read without its user's rights", [launcher], user=54321)

    def test_a_process_that_has_ended_or_never_was_cannot_be_told_of(self):
        process = subprocess.Popen(["true"])
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.cannot_tell(process.pid, "it has no memory: it has ended")
        process.wait()
        self.cannot_tell(process.pid, "there is no such process")

    def test_a_pid_goes_with_the_doctor_alone_and_is_a_number(self):
        for words, text in ((["--pid", "1"], "goes with --doctor"), (["--doctor", "--pid", "1", "true"], "takes no program"),
                            (["--doctor", "--pid"], "needs a value"), (["--doctor", "--pid="], "needs the number"),
                            (["--doctor", "--pid", "1x"], "needs the number"), (["--doctor", "--pid", "0"], "needs the number"),
                            (["--doctor", "--pid", "99999999999"], "needs the number")):
            done = harness.run(["libtrace-instrument", *words])
            self.assertEqual((done.code, done.out), (125, ""), done)
            self.assertRegex(done.err, f"^libtrace-instrument: --pid: {text}")


if __name__ == "__main__":
    harness.main()
