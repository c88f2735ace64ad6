# SPDX-License-Identifier: Apache-2.0
"""The shop of a lab on kubectl's current cluster, in a namespace of its own: the manifests of k8s/ with what a lab changes.
Ports of this machine lead into its pods, so that everything else is as with a shop on this machine."""
import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from place import Failed, Place, started_at, wait_until

HERE = os.path.dirname(os.path.realpath(__file__))
K8S = os.path.join(HERE, "..", "..", "k8s")
MANIFESTS = ("00-namespace.yaml", "labs/traceview.yaml", "20-order.yaml", "30-gateway.yaml")
KUBECTL = os.environ.get("KUBECTL") or "kubectl"
UP_S, FORWARD_S, DOWN_S = 180, 60, 120
ANSWER_S = 30  # of kubectl
# What may be set for the shop as on this machine: its pods do not see the user's environment.
PASSED_ON = ("CHECK_INVENTORY_MS", "INSERT_ORDER_RECORD_MS", "ORDER_PROCESSING_MS")
PROGRAMS = {"custom": "order-service-custom", "zero-code": "order-service"}
FORWARDS = (("service/api-gateway", {"gateway": 8000}), ("service/order-service", {"order": 8001}),
            ("service/traceview", {"backend": 16686, "otlp": 4318}))
# A forward ends when its connection does, as over a closed lid.
AGAIN = 'while :; do "$@"; sleep 1; done'


def run(*arguments, text=None, timeout=ANSWER_S):
    """kubectl's output."""
    try:
        done = subprocess.run([KUBECTL, *arguments], input=text, capture_output=True, text=True, timeout=timeout)
    except FileNotFoundError:
        raise Failed(f"CLUSTER=1 needs kubectl, and there is no {KUBECTL}") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"kubectl {arguments[0]}: no answer within {timeout} s") from None
    if done.returncode != 0:
        raise Failed(f"kubectl {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def is_free(port):
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            return False
    except OSError:
        return True


def answers(url):
    try:
        urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
        return True
    except (urllib.error.URLError, OSError):
        return False


def deployment(name, container):
    """A patch for the one container of a deployment. A pod of a lab ends at once: nobody waits for its last answers."""
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"template": {"spec": {
        "terminationGracePeriodSeconds": 5, "containers": [{"name": name, "lifecycle": None, **container}]}}}}


class Cluster(Place):
    name = "cluster"

    def __init__(self):
        super().__init__()
        state = self.state() or {}
        self.namespace, self.context = state.get("namespace"), state.get("context")

    @property
    def logs(self):
        return f"kubectl --context {self.context} -n {self.namespace} logs --prefix -l app.kubernetes.io/part-of=tracing-demo"

    def program(self):
        """None: the programs are in the cluster's images, not on this machine."""
        return None

    def runs(self, state):
        return True  # until it is stopped: its processes are the cluster's

    def kubectl(self, *arguments, **options):
        return run(*arguments, "--context", self.context, "--namespace", self.namespace, **options)

    # --- the start ---

    def start(self, lab_number, lab):
        if lab.store != "none" or lab.order not in PROGRAMS:
            raise Failed(f"lab {lab_number} stores its orders, which it does on this machine only: without CLUSTER=1")
        self.find_cluster(lab_number)
        for port in self.ports.values():
            if not is_free(port):
                raise Failed(f"port {port} is in use: end what listens there, or take another one (see --help)")
        self.make_namespace()
        state = {"namespace": self.namespace, "context": self.context, "program": self.program()}
        self.keep(lab_number, forwards=[], **state)
        try:
            self.kubectl("apply", "-f", "-", text=self.manifests(lab))
            wait_until(self.are_ready, UP_S, "the start of the shop's pods")
            self.keep(lab_number, forwards=self.forward(), **state)
            for service in ("gateway", "order", "backend"):
                wait_until(lambda: answers(self.urls[service]), FORWARD_S, f"an answer through kubectl port-forward: {service}")
            self.switch_all(lab)
        except Failed:
            self.stop()
            raise

    def find_cluster(self, lab_number):
        self.context = run("config", "current-context").strip()
        self.namespace = os.environ.get("LAB_NAMESPACE") or f"lab-{lab_number}"
        try:
            self.kubectl("version", "--request-timeout=10s")
        except Failed as error:
            raise Failed(f"kubectl's current cluster, {self.context}, does not answer: {error}") from None

    def make_namespace(self):
        try:
            self.kubectl("create", "namespace", self.namespace, "--save-config")
        except Failed as error:
            if "AlreadyExists" not in str(error):
                raise
            raise Failed(f"there is a namespace {self.namespace} already, another learner's or from before: set LAB_NAMESPACE "
                         f"to another name, or: kubectl delete namespace {self.namespace}") from None

    def manifests(self, lab):
        """Those of k8s/, as YAML."""
        settings = self.settings(lab)
        settings.update((name, os.environ[name]) for name in (*settings, *PASSED_ON) if name in os.environ)
        shop = [{"name": name, "value": value} for name, value in settings.items()]
        patches = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tracing-demo", "labels": {"libtrace.io/lab": "yes"}}},
            deployment("order-service", {"args": ["$(ORDER_PROGRAM)", "--faults"],
                                         "env": [{"name": "ORDER_PROGRAM", "value": PROGRAMS[lab.order]}, *shop]}),
            deployment("api-gateway", {"args": ["api-gateway", "--faults"], "env": shop}),
        ]
        kustomization = {
            "namespace": self.namespace,
            "resources": [os.path.relpath(os.path.join(K8S, name), os.path.realpath(self.folder)) for name in MANIFESTS],
            "configMapGenerator": [{"name": "otlp", "literals": ["OTEL_EXPORTER_OTLP_ENDPOINT=http://traceview:4318"],
                                    "options": {"disableNameSuffixHash": True}}],
            "patches": [{"target": {"kind": patch["kind"], "name": patch["metadata"]["name"]}, "patch": json.dumps(patch)}
                        for patch in patches],
        }
        with open(self.path("kustomization.yaml"), "w") as file:
            json.dump(kustomization, file)
        return run("kustomize", "--load-restrictor", "LoadRestrictionsNone", self.folder)

    def are_ready(self):
        """Whether each deployment has its pod. An image that is not there is no matter of time."""
        items = json.loads(self.kubectl("get", "deployments,pods", "-o", "json"))["items"]
        for status in (s for item in items for s in item["status"].get("containerStatuses", [])):
            reason = status["state"].get("waiting", {}).get("reason", "")
            if "Image" in reason:
                raise Failed(f"the cluster has no image {status['image']}: nix run .#load-images -- kind (or minikube, ...: "
                             "k8s/README.md) puts it there")
            if reason == "CrashLoopBackOff":
                raise Failed(f"{status['name']} does not start:\n" + self.kubectl("logs", f"deployment/{status['name']}").rstrip())
        deployments = [item for item in items if item["kind"] == "Deployment"]
        return all(item["status"].get("availableReplicas", 0) > 0 for item in deployments)

    def forward(self):
        """@return the processes, each the first of a session of its own"""
        processes = []
        with open(self.path("forward.log"), "w") as log:
            for target, ports in FORWARDS:
                process = subprocess.Popen(
                    ["sh", "-c", AGAIN, "sh", KUBECTL, "--context", self.context, "-n", self.namespace, "port-forward", target,
                     *(f"{self.ports[name]}:{port}" for name, port in ports.items())],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
                processes.append([process.pid, started_at(process.pid)])
        return processes

    # --- the end ---

    def stop(self):
        """Deletes the namespace and ends what leads into it. @return whether there was something"""
        state = self.state()
        if not state:
            return False
        for pid, started in state["forwards"]:
            if started_at(pid) == started:
                os.killpg(pid, signal.SIGTERM)
                wait_until(lambda: started_at(pid) != started, DOWN_S, "the end of kubectl port-forward")  # noqa: B023
        # Even where the cluster is gone, so that the next lab can start.
        self.forget()
        try:
            self.kubectl("delete", "namespace", self.namespace, "--ignore-not-found", f"--timeout={DOWN_S}s",
                         timeout=DOWN_S + ANSWER_S)
        except Failed as error:
            raise Failed(f"{error}\nThe namespace {self.namespace} of {self.context} may still be there: "
                         f"kubectl --context {self.context} delete namespace {self.namespace}") from None
        return True
