# SPDX-License-Identifier: Apache-2.0
"""services/compose.yaml, brought up and down by podman-compose, with the images that the last stages of
services/Containerfile make of the installed programs: what the first stage does needs Debian's packages."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness
import podman
from harness import CUSTOM_TREE, Backend, answers, get, note, trace_id, tree, wait_until

SERVICES = os.path.join(harness.SOURCE, "services")
COMPOSE = os.path.join(SERVICES, "compose.yaml")
JAEGER = os.path.join(SERVICES, "compose.jaeger.yaml")
PREFIX = os.path.dirname(harness.BIN)
# By target of the Containerfile: the image's name, and its programs.
IMAGES = {
    "gateway": ("api-gateway", ["libtrace-instrument", "api-gateway"]),
    "order": ("order-service", ["libtrace-instrument", "order-service", "order-service-custom", "order-service-manual"]),
    "traceview": ("traceview", ["traceview"]),
}
HEALTH = {"backend": ["traceview", "list", "--limit", "1"], "order": ["order-service-custom", "--ready"],
          "gateway": ["api-gateway", "--ready"]}


def containerfile():
    with open(os.path.join(SERVICES, "Containerfile")) as file:
        return file.read()


def why_not():
    if not os.path.exists(COMPOSE):
        return "no services/compose.yaml in this source"
    if not shutil.which("podman-compose"):
        return "needs podman-compose"
    return podman.why_not() or podman.why_no_names()


class Images(podman.Podman):
    """The images, made by podman of the Containerfile, but for what it compiles."""

    def __init__(self, folder):
        super().__init__(folder)
        self.environment["COMPOSE_PROJECT_NAME"] = "tracing-demo"

    def build(self):
        for target, (_, programs) in IMAGES.items():
            root = f"{self.folder}/made/roots/{target}"
            subprocess.run([f"{SERVICES}/stack/image-root.sh", root, PREFIX, *programs], check=True)
        self.import_root(f"{self.folder}/made", "localhost/made")
        os.mkdir(f"{self.folder}/context")
        text = containerfile()
        with open(f"{self.folder}/context/Containerfile", "w") as file:
            file.write("FROM localhost/made AS build\n" + text[text.index("FROM scratch"):text.index("# Instead of traceview")])
        for target, (name, _) in IMAGES.items():
            done = self.podman("build", "--quiet", "--build-arg", "SOURCE=https://shop.example/src", "--build-arg",
                               "REVISION=abc", "--target", target, "--tag", self.image(name), f"{self.folder}/context")
            assert done.returncode == 0, done.stderr

    def import_root(self, root, name, *changes):
        with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as tar:
            done = subprocess.run(["podman", "import", "--quiet", *(f"--change={c}" for c in changes), "-", name],
                                  env=self.environment, stdin=tar.stdout, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    @staticmethod
    def image(name):
        return re.search(rf"localhost/libtrace/{name}:\S+", containerfile() + open(COMPOSE).read())[0]

    def compose(self, *words, files=(COMPOSE,)):
        return subprocess.run(["podman-compose", *(word for file in files for word in ("-f", file)), *words],
                              env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)


@unittest.skipIf(why_not(), why_not())
class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        podman.enter_own_run()
        cls.images = Images(tempfile.mkdtemp(prefix="libtrace-compose-"))
        cls.addClassCleanup(cls.images.remove)
        cls.images.build()
        done = cls.images.podman("run", "--rm", cls.images.image("traceview"), "--version")
        if done.returncode != 0:
            raise unittest.SkipTest(f"needs a podman that runs: {done.stderr.strip()}")

    def up(self, *files):
        """Everything, and what the request has printed once it has ended."""
        log = open(f"{self.images.folder}/up.log", "w+")
        self.addCleanup(log.close)
        up = subprocess.Popen(["podman-compose", *(word for file in files for word in ("-f", file)), "up"],
                              env=self.images.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(up.wait, 30)
        self.addCleanup(self.down, files)

        def request_ended():
            return self.states().get("request") == "exited"
        try:
            wait_until(request_ended, 120, "the end of the request")
        finally:
            log.seek(0)
            self.log = log.read()
        return self.images.podman("logs", self.container("request")).stdout

    def down(self, files=(COMPOSE,)):
        done = self.images.compose("down", files=files)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.states(), {})
        for port in (8000, 16686, 4318):
            self.assertFalse(answers(port), f"port {port} is still served")

    def containers(self):
        return json.loads(self.images.podman("ps", "--all", "--format", "json").stdout or "[]")

    def container(self, service):
        return next(c["Id"] for c in self.containers() if c["Labels"]["com.docker.compose.service"] == service)

    def states(self):
        return {c["Labels"]["com.docker.compose.service"]: c["State"] for c in self.containers()}

    def test_up_sends_a_request_whose_trace_has_five_spans(self):
        printed = self.up(COMPOSE)
        self.assertIn("5 spans", printed, self.log)
        self.assertIn("└ insert_order_record", printed)
        # The ports of this machine reach the services and the backend.
        answer = get(8000, "/checkout")
        self.assertEqual(answer.status, 200)
        self.assertEqual(tree(Backend().trace(trace_id(answer), 5)), CUSTOM_TREE)
        for service, command in HEALTH.items():
            with self.subTest(health=service):
                self.assertEqual(self.health(service), command)
                done = self.images.podman("exec", self.container(service), *command)
                self.assertEqual(done.returncode, 0, done.stderr)
        for container in self.containers():
            if container["State"] == "running":
                with open(f"/proc/{container['Pid']}/status") as status:
                    self.assertRegex(status.read(), r"(?s)Uid:\t10001\t10001.*CapBnd:\t0{16}\n.*NoNewPrivs:\t1\n")
                with open(f"/proc/{container['Pid']}/mounts") as mounts:
                    self.assertRegex(mounts.read(), r"(?m)^\S+ / \S+ ro\b")

    def health(self, service):
        """What compose.yaml has the engine execute, out of whatever this podman-compose makes of it."""
        done = self.images.podman("inspect", "--format", "{{json .Config.Healthcheck.Test}}", self.container(service))
        return json.loads(done.stdout)[-len(HEALTH[service]):] if "/bin/sh" not in done.stdout else HEALTH[service]

    @unittest.skipUnless(shutil.which("jaeger"), "needs a jaeger on PATH")
    def test_a_real_jaeger_takes_traceview_s_place(self):
        root = f"{self.images.folder}/jaeger"
        os.mkdir(root)
        shutil.copy(shutil.which("jaeger"), f"{root}/jaeger")
        with open(JAEGER) as file:
            image = re.search(r"image: (\S+)", file.read())[1]
        self.images.import_root(root, image, "ENTRYPOINT=[\"/jaeger\"]", "ENV=JAEGER_LISTEN_HOST=0.0.0.0")
        self.assertIn("5 spans", self.up(COMPOSE, JAEGER), self.log)
        self.assertIn("/jaeger", str(self.images.podman("inspect", self.container("backend")).stdout))
        self.assertEqual(get(16686, "/api/v3/services").status, 200)

    def test_images_have_labels_and_nothing_to_start_but_their_programs(self):
        for target, (name, programs) in IMAGES.items():
            image = self.images.image(name)
            (about,) = json.loads(self.images.podman("image", "inspect", image).stdout)
            labels = {key.rpartition(".")[2]: value for key, value in about["Labels"].items()}
            self.assertEqual({"title": name, "licenses": "Apache-2.0", "source": "https://shop.example/src", "revision": "abc"}.items()
                             - labels.items(), set())
            self.assertEqual(image.split(":")[1], labels["version"])
            self.assertEqual(about["Config"]["User"], "10001:10001")
            self.assertLess(about["Size"], 40e6)
            note(f"{target}: {about['Size'] / 1e6:.1f} MB")
            self.assertNotEqual(self.images.podman("run", "--rm", "--entrypoint", "sh", image).returncode, 0)
            for program in programs:
                done = self.images.podman("run", "--rm", "--network", "none", "--read-only", "--entrypoint", program, image,
                                          "--version")
                self.assertEqual((done.returncode, done.stdout.split()[0]), (0, program))


if __name__ == "__main__":
    harness.main()
