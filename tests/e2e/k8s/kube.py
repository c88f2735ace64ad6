# SPDX-License-Identifier: Apache-2.0
"""kubectl for the tests, and what they start by it: a load from inside, a way in from outside."""
import json
import os
import re
import subprocess
import threading
import time
from collections import namedtuple
from contextlib import contextmanager
from datetime import datetime

NAMESPACE = "tracing-demo"
KUBECTL = os.environ.get("KUBECTL", "kubectl")
LOAD_IMAGE = os.environ.get("LOAD_IMAGE", "localhost/libtrace/load:test")
KILL_IMAGE = os.environ.get("KILL_IMAGE", "localhost/libtrace/kill:test")
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


class KubectlError(AssertionError):
    pass


def run(*arguments, text=None, timeout=120):
    """kubectl's standard output and its messages; an error with both when it fails."""
    done = subprocess.run([KUBECTL, *arguments], input=text, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def kubectl(*arguments, **options):
    """In the demo's namespace; standard output."""
    return run("-n", NAMESPACE, *arguments, **options)[0]


def get(*arguments):
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def wait_until(condition, timeout, what):
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s")
        time.sleep(0.2)
    return result


def rollout(*names, timeout=120):
    """@param names: of deployments, or with their kind"""
    for name in names:
        kubectl("rollout", "status", name if "/" in name else f"deployment/{name}", f"--timeout={timeout}s", timeout=timeout + 10)


def pods(name):
    """The pods of a deployment that are not about to go."""
    items = get("pods", "-l", f"app.kubernetes.io/name={name}")["items"]
    return [p for p in items if "deletionTimestamp" not in p["metadata"]]


def all_gone(names):
    """Whether none of these pods is there any more."""
    return not names & {p["metadata"]["name"] for p in get("pods")["items"]}


def names_of(items):
    return {item["metadata"]["name"] for item in items}


def evict(pod):
    """What kubectl drain does with a pod. @return whether it was allowed, as far as disruption budgets go"""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": NAMESPACE}}
    try:
        run("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction", "-f", "-",
            text=json.dumps(eviction))
        return True
    except KubectlError as error:
        if "disruption budget" not in str(error):
            raise
        return False


def restarts(pod):
    """How often the containers of a pod have been started anew, and the exit codes of those before."""
    statuses = get("pod", pod)["status"]["containerStatuses"]
    codes = [s["lastState"]["terminated"]["exitCode"] for s in statuses if s["lastState"].get("terminated")]
    return sum(s["restartCount"] for s in statuses), codes


def kill_program(pod, container, program):
    """SIGKILL for a program of a container, by an ephemeral one that sees its processes."""
    whole = get("pod", pod)
    whole["spec"].setdefault("ephemeralContainers", []).append({
        "name": f"kill-{len(whole['spec']['ephemeralContainers'])}", "image": KILL_IMAGE, "args": [program],
        "imagePullPolicy": "IfNotPresent", "targetContainerName": container, "securityContext": RESTRICTED})
    run("replace", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/ephemeralcontainers", "-f", "-", text=json.dumps(whole))


@contextmanager
def forward(service, port):
    """kubectl port-forward to a service; yields the local port."""
    with subprocess.Popen([KUBECTL, "-n", NAMESPACE, "port-forward", f"service/{service}", f":{port}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            line = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            if not found:
                raise AssertionError(f"port-forward: {line}{process.stdout.read()}")
            # It says something for each connection, and would wait for a reader.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield int(found.group(1))
        finally:
            process.terminate()


# at: when the answer was there, Unix seconds; rest: the trace's id, or the reason
Answer = namedtuple("Answer", "at good status milliseconds rest")


def answer_of(line):
    at, good, status, milliseconds, rest = line.split(" ", 4)
    at = datetime.fromisoformat(at[:19] + "+00:00").timestamp() + float("0" + at[19:].rstrip("Z"))
    return Answer(at, good == "ok", int(status), int(milliseconds), rest)


class Load:
    """load.c in a pod, asking for api-gateway by its name."""

    def __init__(self, per_second, seconds, path="/checkout"):
        self.n, self.seconds = per_second * seconds, seconds
        pod = {
            "apiVersion": "v1", "kind": "Pod",
            # Not of part-of: tracing-demo: it is the world outside.
            "metadata": {"generateName": "load-", "namespace": NAMESPACE, "labels": {"app.kubernetes.io/name": "load"}},
            "spec": {
                "restartPolicy": "Never", "automountServiceAccountToken": False, "enableServiceLinks": False,
                "securityContext": {"runAsNonRoot": True, "runAsUser": 10001,
                                    "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{
                    "name": "load", "image": LOAD_IMAGE, "imagePullPolicy": "IfNotPresent",
                    "args": ["api-gateway", "8000", path, str(per_second), str(seconds)],
                    "securityContext": RESTRICTED}]}}
        self.name = kubectl("create", "-f", "-", "-o", "name", text=json.dumps(pod)).strip()
        self.first_at = answer_of(wait_until(self._lines, 60, "the load's first answer")[0]).at

    def _lines(self):
        try:
            return kubectl("logs", "--timestamps", self.name).splitlines()
        except KubectlError:
            return []  # not started yet

    def finish(self):
        """All answers, once there is one for every request."""
        def ended():
            lines = self._lines()
            return lines if lines and lines[-1].endswith(f" done {self.n}") else None

        lines = wait_until(ended, self.seconds + 60, f"{self.name}: {self.n} answers")
        kubectl("delete", self.name, "--wait=false")
        return [answer_of(line) for line in lines[:-1]]


def checkout():
    """One /checkout from inside the cluster; its trace's id."""
    (answer,) = Load(1, 1).finish()
    assert answer.good, answer
    return answer.rest
