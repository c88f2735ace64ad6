# SPDX-License-Identifier: Apache-2.0
"""The installed programs in a container of podman's, with a read-only root and no capabilities, as its first process:
whatever ends the program, no span is lost and its exit code is the container's.

No image is needed: the root is a folder with the programs and the libraries that they load.
"""
import os
import shutil
import subprocess
import tempfile
import unittest

import harness
import podman
import test_relay
from collector import Collector

DIES = os.environ["LIBTRACE_DIES"]
LIB = os.environ["LIBTRACE_LIB"]
USER = "10001:10001"
N_SPANS = 1200


def libraries_of(path):
    """The files that the dynamic linker loads with it."""
    lines = subprocess.run(["ldd", path], capture_output=True, text=True, env={**os.environ, "LD_LIBRARY_PATH": LIB}).stdout
    words = [word for line in lines.splitlines() for word in line.split() if word.startswith("/")]
    return [word for word in words if os.path.exists(word)]


def libcurl():
    """It is loaded by name, at the first export."""
    lines = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True).stdout.splitlines()
    return next(line.split()[-1] for line in lines if line.strip().startswith("libcurl.so.4 "))


class Root(podman.Podman):
    """Containers of one folder, which has the programs and the libraries that they load."""

    def __init__(self, folder):
        super().__init__(folder)
        self.root = os.path.join(folder, "root")
        self.fill_root()

    def fill_root(self):
        for name in ("bin", "lib", "lib64", "etc", "dev", "proc", "sys", "run", "tmp"):
            os.makedirs(f"{self.root}/{name}")
        programs = [os.path.join(harness.BIN, "libtrace-instrument"), os.path.join(harness.BIN, "libtrace-relay"), DIES]
        agents = [os.path.join(LIB, name) for name in ("libtrace-agent.so", "libtrace-agent-core.so")]
        for path in programs:
            shutil.copy(path, f"{self.root}/bin")
        needed = {path for file in (*programs, *agents, libcurl()) for path in libraries_of(file)}
        for path in {*agents, libcurl(), *needed}:
            folder = "lib64" if "/lib64/" in path else "lib"
            shutil.copy(os.path.realpath(path), f"{self.root}/{folder}/{os.path.basename(path)}")

    def run(self, *command, count="/dev/null", env=(), detached=False, name="first"):
        variables = {"LD_LIBRARY_PATH": "/lib", "OTEL_BSP_SCHEDULE_DELAY": "60000", "OTEL_C_EXIT_TIMEOUT": "10000",
                     "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", **dict(env)}
        return self.podman(
            "run", "--name", name, *(["--detach"] if detached else []), "--network", "host", "--read-only",
            "--cap-drop=ALL", "--security-opt", "no-new-privileges", "--user", USER, "--volume", f"{count}:/count",
            *(word for key, value in variables.items() for word in ("--env", f"{key}={value}")), "--rootfs", self.root, *command)


@unittest.skipIf(podman.why_not(), podman.why_not())
class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.podman = Root(tempfile.mkdtemp(prefix="libtrace-podman-"))
        cls.addClassCleanup(cls.podman.remove)
        done = cls.podman.run("/bin/libtrace-instrument", "--version", name="version")
        if done.returncode != 0:
            raise unittest.SkipTest(f"needs a podman that runs: {done.stderr.strip()}")

    def setUp(self):
        self.collector = Collector()
        self.addCleanup(self.collector.stop)
        self.addCleanup(lambda: self.podman.podman("rm", "--force", "first"))
        self.death = test_relay.Death("wait", 5000, 0)
        os.chmod(self.death.file.name, 0o666)

    def dies(self, how, **options):
        return self.podman.run("/bin/libtrace-instrument", "/bin/dies", how, "s", "5000", str(N_SPANS), "/count",
                               count=self.death.file.name, **options)

    def check_all_arrived(self):
        self.assertEqual(self.death.n_ended(), N_SPANS)
        names = sorted(span["name"] for span in test_relay.all_spans(self.collector))
        self.assertEqual(names, sorted([f"s {i}" for i in range(N_SPANS)] + ["s open"]))

    def test_kill_9_of_the_program_loses_nothing(self):
        done = self.dies("kill")
        self.assertEqual((done.returncode, done.stderr), (137, ""))
        self.check_all_arrived()

    def test_a_segmentation_fault_loses_nothing(self):
        done = self.dies("SIGSEGV")
        self.assertEqual((done.returncode, done.stderr), (139, ""))
        self.check_all_arrived()

    def test_podman_stop_loses_nothing(self):
        """SIGTERM to the first process, and SIGKILL 10 s later."""
        self.assertEqual(self.dies("wait", detached=True).returncode, 0)
        harness.wait_until(lambda: self.death.n_ended() == N_SPANS, what="all spans")
        self.assertEqual(self.podman.podman("stop", "first").returncode, 0)
        self.assertEqual(self.podman.podman("wait", "first").stdout.strip(), "143")
        self.check_all_arrived()

    def test_kill_9_from_outside_loses_nothing(self):
        self.assertEqual(self.dies("wait", detached=True).returncode, 0)
        harness.wait_until(lambda: self.death.n_ended() == N_SPANS, what="all spans")
        first = int(self.podman.podman("inspect", "--format", "{{.State.Pid}}", "first").stdout)
        with open(f"/proc/{first}/task/{first}/children") as children:
            program = next(pid for pid in children.read().split() if open(f"/proc/{pid}/comm").read().strip() == "dies")
        os.kill(int(program), 9)
        self.assertEqual(self.podman.podman("wait", "first").stdout.strip(), "137")
        self.check_all_arrived()

    def test_exit_codes_pass(self):
        done = self.podman.run("/bin/libtrace-instrument", "/bin/dies")  # its usage
        self.assertEqual((done.returncode, done.stderr), (2, ""))
        self.podman.podman("rm", "first")
        self.assertEqual(self.podman.run("/bin/libtrace-instrument", "/bin/none").returncode, 127)


if __name__ == "__main__":
    harness.main()
