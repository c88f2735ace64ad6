# SPDX-License-Identifier: Apache-2.0
"""What is preloaded comes into every program that a traced one starts, and must do no harm in any."""
import os
import re
import shutil
import subprocess
import tempfile

import harness
from collector import Collector
from harness import StackTest, http_bytes, program_path, run

CASES = os.environ.get("LIBTRACE_CASES", "")
LIB = os.environ.get("LIBTRACE_LIB", "")
AGENT = os.path.join(LIB, "libtrace-agent.so")
URL = "http://127.0.0.1:8002/"
CURL = ["curl", "-sS", URL]

HELLO = r"""
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	printf("%s %d %d\n", argv[0], dlsym(RTLD_DEFAULT, "printf") != NULL,
		dlsym(RTLD_DEFAULT, "curl_easy_perform") != NULL);
	return 7;
}
"""


def preload(*libraries):
    return {"LD_PRELOAD": ":".join([*harness.sanitizer_runtimes(), *libraries])}


class Gate(StackTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve_raw(8002, http_bytes(200, b"ok"))
        self.collector = Collector()
        self.addCleanup(self.collector.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def need(self, program):
        if harness.SANITIZED:
            self.skipTest("the sanitizers' libraries do not load into it")
        if not shutil.which(program):
            self.skipTest(f"no {program}")

    def copy(self, *names):
        """The path of the agent in a folder that has these of its files."""
        for name in names:
            shutil.copy(os.path.join(LIB, name), self.folder)
        return os.path.join(self.folder, "libtrace-agent.so")

    def traced(self, command, code=0, **env):
        return self.same(run(command, traced=True, env={**self.TRACING, **env}), run(command, env=env), code)

    def same(self, traced, plain, code=0):
        self.assertEqual((plain.code, plain.err), (code, ""))
        self.assertEqual((traced.code, traced.out), plain[:2], traced)
        return traced

    def test_a_program_of_another_c_library_started_by_a_traced_one_runs_as_ever(self):
        self.need("musl-gcc")
        path = os.path.join(self.folder, "hello")
        with open(path + ".c", "w") as file:
            file.write(HELLO)
        subprocess.run(["musl-gcc", path + ".c", "-o", path], check=True)
        done = self.traced(["sh", "-c", f"{path}; exit $?"], code=7)
        self.assertEqual(done.err, "")

    def test_a_program_in_another_root_runs_and_its_dynamic_linker_complains_of_nothing(self):
        self.need("chroot")
        if os.geteuid() != 0:
            self.skipTest("not root")
        program = shutil.which("cat")
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in [program, *re.findall(r"(/\S+) \(", listed)]:
            os.makedirs(self.folder + os.path.dirname(path), exist_ok=True)
            shutil.copy(path, self.folder + path)
        with open(os.path.join(self.folder, "text"), "w") as file:
            file.write("in another root\n")
        done = self.traced(["chroot", self.folder, program, "/text"])
        self.assertEqual(done.err, "")

    def test_calls_that_come_before_any_constructor_of_the_agent_s_are_traced(self):
        done = self.traced([os.path.join(CASES, "early_host")], URL=URL, OTEL_TRACES_EXPORTER="none")
        self.assertEqual(done.err, "")
        self.assertIn(b"\ntraceparent: 00-", self.server.requests[0])

    def test_without_the_rest_of_the_agent_a_program_runs_untraced_and_says_so_once(self):
        done = self.traced([*CURL, URL], LIBTRACE_AGENT=self.copy("libtrace-agent.so"))
        self.assertRegex(done.err, r"^libtrace: error: nothing is traced: .*libtrace-agent-core\.so.*\n$")
        quiet = self.traced([*CURL, URL], LIBTRACE_AGENT=self.copy("libtrace-agent.so"), OTEL_LOG_LEVEL="none")
        untouched = self.traced(["true"], LIBTRACE_AGENT=self.copy("libtrace-agent.so"))
        self.assertEqual((quiet.err, untouched.err, self.collector.taken), ("", "", []))

    def test_where_no_thread_local_memory_is_left_a_program_runs_untraced_and_says_so_once(self):
        if harness.SANITIZED:
            self.skipTest("AddressSanitizer takes more of it than there is")
        for i in range(100):
            shutil.copy(os.path.join(CASES, "greedy.so"), os.path.join(self.folder, f"{i}.so"))
        env = {**self.TRACING, "FOLDER": self.folder}
        done = self.same(run(CURL, env={**env, **preload(AGENT, os.path.join(CASES, "greedy_first.so"))}), run(CURL))
        self.assertRegex(done.err, r"^libtrace: error: nothing is traced: .*static TLS.*\n$")

    def test_the_second_of_two_agents_in_a_process_steps_aside(self):
        copy = self.copy("libtrace-agent.so", "libtrace-agent-core.so", "libtrace-c.so.0")
        for agents in ((copy, AGENT), (AGENT, copy)):
            done = self.same(run(CURL, env={**self.TRACING, **preload(*agents)}), run(CURL))
            self.assertEqual((done.err, self.collector.taken), ("", ["GET"]))
            self.collector.taken.clear()

    def test_children_are_left_alone_where_that_is_asked_for(self):
        script = f'echo "$LD_PRELOAD"; curl -sS {URL}; exec curl -sS {URL}'
        for word in ("--no-children", "--c-children=False"):
            command = [program_path("libtrace-instrument"), word, "--", "sh", "-c", script]
            done = run(command, env={**self.TRACING, **(preload() if harness.sanitizer_runtimes() else {})})
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertNotIn("libtrace-agent", done.out)
        self.assertEqual(self.collector.taken, [])
        self.traced(["sh", "-c", script.partition(";")[2]])
        self.assertEqual(self.collector.taken, ["GET", "GET"])

    def test_only_the_agent_is_taken_out_of_ld_preload_by_path_or_by_name(self):
        other = os.path.join(CASES, "greedy.so")
        for named in (AGENT, os.path.basename(AGENT)):
            for entries in ([named, other], [other, named], [other, named, other], [named]):
                env = {**preload(*entries), "LD_LIBRARY_PATH": LIB, "OTEL_C_CHILDREN": "false"}
                done = run(["sh", "-c", "echo ${LD_PRELOAD-unset}"], env=env)
                left = [*harness.sanitizer_runtimes(), *[entry for entry in entries if entry != named]]
                self.assertEqual((done.code, done.out, done.err), (0, (":".join(left) or "unset") + "\n", ""))

    def test_a_program_that_is_kept_from_its_children_is_itself_traced(self):
        self.traced(CURL, OTEL_C_CHILDREN="false")
        self.assertEqual(self.collector.taken, ["GET"])

    def test_the_doctor_says_when_the_rest_of_the_agent_is_missing(self):
        done = run(["libtrace-instrument", "--doctor", "curl"],
                   env={"LIBTRACE_AGENT": self.copy("libtrace-agent.so", "libtrace-c.so.0"), **preload()})
        self.assertEqual(done.code, 1)
        self.assertRegex(done.out, r"(?m)^agent .*libtrace-agent-core\.so")


if __name__ == "__main__":
    harness.main()
