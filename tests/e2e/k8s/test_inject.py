# SPDX-License-Identifier: Apache-2.0
"""k8s/inject/ on a real cluster: pods of a labelled namespace are traced, and none comes to harm.

In this order. Run by tests/e2e/check-cluster.sh, after test_cluster.py, whose namespace the shop has here too.
"""
import json
import os
import random
import re
import secrets
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration"))

import harness  # noqa: E402
import kube  # noqa: E402
from harness import note  # noqa: E402
from kube import KUBECTL, forward, kubectl, names_of, pods, rollout, run, wait_until  # noqa: E402
from jaeger import Jaeger, under_load  # noqa: E402

INJECT = os.path.join(HERE, "..", "..", "..", "k8s", "inject")
LABELLED, PLAIN = "libtrace-labelled", "libtrace-plain"
IMAGE = "localhost/libtrace/test-%s:test"
GATEWAY = f"http://api-gateway.{kube.NAMESPACE}:8000/checkout"
SERVICES = ("order-service", "api-gateway")
SHOP = [("api-gateway", "SERVER", "GET /checkout"), [
    [("api-gateway", "CLIENT", "POST"), [
        [("order-service", "SERVER", "POST /orders"), []]]]]]
SECONDS = 40  # of load, around a rollout
DEATHS = 10
UNTOLD = ("process_killed", "the process was killed by a signal, or called _exit()")
ADMISSIONS_MAX = 10  # rounds


def namespace(name, labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {
        **{f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}, **labels}}}


def pod(name, image, command, where=LABELLED, env=None, annotations=None, labels=None, **spec):
    memory = spec.pop("memory", None)
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": where, "annotations": annotations or {}, "labels": labels or {}},
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 5, **spec,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "main", "image": IMAGE % image, "imagePullPolicy": "IfNotPresent", "command": command,
                "env": [{"name": k, "value": v} for k, v in (env or {}).items()],
                **({"resources": {"limits": {"memory": memory}}} if memory else {}),
                "securityContext": kube.RESTRICTED}]}}


def create(*items):
    """@return what kubectl has to say besides"""
    return run("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))[1]


def get(where, name):
    return json.loads(run("-n", where, "get", "pod", name, "-o", "json")[0])


def end_of(where, name):
    """The container's exit code and reason."""
    def terminated():
        statuses = get(where, name)["status"].get("containerStatuses", [{}])
        return statuses[0].get("state", {}).get("terminated")

    ended = wait_until(terminated, 90, f"the end of {where}/{name}")
    return ended["exitCode"], ended["reason"]


def agent_image():
    with open(os.path.join(INJECT, "10-policy.yaml")) as policy:
        return re.search(r"localhost/libtrace/agent:[\d.]+", policy.read())[0]


def output_of(where, name):
    return run("-n", where, "logs", name, "-c", "main")[0]


def traceparent():
    trace = secrets.token_hex(16)
    return trace, {"TRACEPARENT": f"00-{trace}-{secrets.token_hex(8)}-01"}


def metric(series, **labels):
    """The sum of what the API server counts under that name with these labels."""
    total = 0.0
    for line in run("get", "--raw", "/metrics")[0].splitlines():
        if line.startswith(series + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
            total += float(line.rsplit(" ", 1)[1])
    return total


def apply_shop():
    shop = subprocess.run([KUBECTL, "kustomize", "--load-restrictor", "LoadRestrictionsNone", os.path.join(INJECT, "shop")],
                          check=True, capture_output=True, text=True).stdout
    return run("apply", "-f", "-", text=shop)


def delete_all():
    for name in (LABELLED, PLAIN, kube.NAMESPACE):
        run("delete", "namespace", name, "--ignore-not-found", "--wait=false")
    for name in (LABELLED, PLAIN, kube.NAMESPACE):
        run("wait", "--for=delete", f"namespace/{name}", "--timeout=180s", timeout=200)


class Inject(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        wait_until(lambda: not run("get", "namespace", kube.NAMESPACE, "--ignore-not-found")[0], 120, "no shop")
        run("apply", "-f", INJECT)
        settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "libtrace", "namespace": LABELLED}, "data": {
            "EXPORTER_OTLP_ENDPOINT": f"http://jaeger.{kube.NAMESPACE}:4318", "BSP_SCHEDULE_DELAY": "500"}}
        create(namespace(LABELLED, {"libtrace.io/inject": "true"}), namespace(PLAIN, {}), settings)
        for name in (LABELLED, PLAIN):
            wait_until(lambda: run("-n", name, "get", "serviceaccounts")[0], 30, "an account")  # noqa: B023

    @classmethod
    def tearDownClass(cls):
        run("delete", "-f", INJECT, "--ignore-not-found")
        delete_all()

    def expect(self, trace, expected):
        with forward("jaeger", 16686) as port:
            return Jaeger(port).wait_for(trace, expected)

    def test_01_a_curl_and_the_shop_without_launchers_join_one_trace(self):
        _, messages = apply_shop()
        self.assertEqual(messages, "")  # no warning
        rollout("jaeger", *SERVICES)
        for name in SERVICES:
            (of,) = pods(name)
            self.assertEqual([c["command"] for c in of["spec"]["containers"]], [[name]])
            self.assertEqual(names_of_containers(of, "initContainers"), ["libtrace-relay"])
        self.assertEqual(create(pod("caller", "debian", ["curl", "-si", GATEWAY])), "")
        self.assertEqual(end_of(LABELLED, "caller"), (0, "Completed"))
        trace = re.search(r"(?m)^traceresponse: 00-([0-9a-f]{32})-", output_of(LABELLED, "caller")).group(1)
        spans = self.expect(trace, [[("caller", "CLIENT", "GET"), [SHOP]]])
        resource = spans[0].resource
        self.assertEqual({k: resource[k] for k in resource if k.startswith(("k8s.", "service."))}, {
            "service.name": "caller", "service.namespace": LABELLED, "service.instance.id": f"{LABELLED}.caller.main",
            "k8s.namespace.name": LABELLED, "k8s.pod.name": "caller", "k8s.container.name": "main",
            "k8s.pod.uid": get(LABELLED, "caller")["metadata"]["uid"],
            "k8s.node.name": get(LABELLED, "caller")["spec"]["nodeName"]})
        self.assertEqual(spans[1].resource["k8s.deployment.name"], "api-gateway")

    # --- programs of any kind ------------------------------------------------------------------

    def both(self, name, image, command, env=None, **options):
        """The same pod in a namespace with the label and in one without. @return the trace that the first belongs to"""
        trace, parent = traceparent()
        for where in (LABELLED, PLAIN):
            self.assertEqual(create(pod(name, image, command, where, {**(env or {}), **parent}, **options)), "")
        return trace

    def test_02_programs_of_any_kind_do_as_without_the_label_and_are_traced_where_they_can_be(self):
        get_it = ["curl", "-sS", GATEWAY]
        php = f"$c = curl_init('{GATEWAY}'); echo curl_exec($c) ? 'good' : curl_error($c); exit(4);"
        own = {"LD_PRELOAD": "/usr/lib/own.so"}
        by_variable = {"annotations": {"libtrace.io/preload": "variable"}}
        kinds = {  # name: (image, command, is traced, env and annotations)
            "shell": ("debian", ["sh", "-c", f"exec 2>&1; curl -sS {GATEWAY}; echo bad >&2; exit 3"], True, {}),
            "php": ("php", ["php", "-r", php], True, {}),
            "go": ("go", ["/get", GATEWAY], False, {}),
            "musl": ("musl", get_it, False, {}),
            "musl-by-variable": ("musl", get_it, True, by_variable),
            "image-preloads": ("preloads", get_it, True, {}),
            "pod-preloads": ("debian", get_it, True, {"env": own}),
            "pod-preloads-by-variable": ("debian", get_it, True, {"env": own, **by_variable})}
        traces = {name: self.both(name, image, command, **options) for name, (image, command, _, options) in kinds.items()}
        for name in kinds:
            with self.subTest(name=name):
                self.assertEqual(end_of(LABELLED, name), end_of(PLAIN, name))
                self.assertEqual(output_of(LABELLED, name), output_of(PLAIN, name))
        self.assertEqual((end_of(LABELLED, "shell")[0], end_of(LABELLED, "php")[0], end_of(LABELLED, "go")[0]), (3, 4, 0))
        for name in ("image-preloads", "pod-preloads", "pod-preloads-by-variable"):
            self.assertIn("own.so is there", output_of(LABELLED, name))
        for name, (_, _, is_traced, _) in kinds.items():
            with self.subTest(name=name):
                # A program that cannot be traced sends no traceparent: the gateway starts a trace of its own.
                self.expect(traces[name], [[(name, "CLIENT", "GET"), [SHOP]]] if is_traced else [])

    # --- deaths --------------------------------------------------------------------------------

    def check_deaths(self, how, reason, expected, name, command, n_else=0, **options):
        """expected: the error.type of the request that was open, and its status; in n_else cases at most those of a death
        whose cause nobody tells."""
        traces = {}
        for i in range(DEATHS):
            traces[f"{name}-{i}"], env = traceparent()
            life_ms = str(random.randrange(500, 2000))
            create(pod(f"{name}-{i}", "dies", [*command, how, life_ms], env=env, **options))
        n_ended = n_lost = 0
        causes = []
        for name, trace in traces.items():
            self.assertEqual(end_of(LABELLED, name), (137, reason), name)
            ended = {int(n) for n in output_of(LABELLED, name).split()}
            self.assertTrue(ended, name)
            spans = self.spans_once(trace, lambda spans: ended <= numbers(spans) and "open" in paths(spans))  # noqa: B023
            n_ended, n_lost = n_ended + len(ended), n_lost + len(ended - numbers(spans))
            (still_open,) = [s for s in spans if s.attributes["url.full"].endswith("/open")]
            self.assertEqual(still_open.status, 2, name)
            causes.append((still_open.attributes["error.type"], still_open.message))
            self.assertEqual([e["name"] for e in still_open.events], ["process.end"])
        note(f"{DEATHS} by {how}: of {n_ended} ended spans {n_lost} were lost")
        self.assertEqual(n_lost, 0)
        self.assertGreaterEqual(causes.count(expected), DEATHS - n_else, causes)
        self.assertLessEqual(set(causes), {expected, UNTOLD})

    def spans_once(self, trace, is_complete, timeout=30):
        found = []
        with forward("jaeger", 16686) as port:
            jaeger = Jaeger(port)

            def complete():
                nonlocal found
                found = jaeger.spans(trace)
                return is_complete(found)

            try:
                wait_until(complete, timeout, f"trace {trace}")
            except AssertionError as error:
                note(str(error))
        return found

    def test_03_a_killed_container_loses_nothing(self):
        # Its processes are out of the relay's sight, and a first one cannot kill itself.
        shell = ["sh", "-c", 'exec 2>/dev/null; dies "$@"; exit $?', "sh"]
        self.check_deaths("kill", "Error", UNTOLD, "kill", shell)
        self.check_deaths("kill", "Error", ("SIGKILL", "the process was killed by signal 9 (SIGKILL)"), "kill-shared", ["dies"],
                          shareProcessNamespace=True)

    def test_04_a_container_without_memory_loses_nothing(self):
        # On a busy node the count of the kernel's kills may be gone with the container before the relay reads it.
        self.check_deaths("memory", "OOMKilled", ("out_of_memory", "the kernel killed the process for lack of memory"), "memory",
                          ["dies"], n_else=3, memory="64Mi")

    # --- admission -----------------------------------------------------------------------------

    def dry_run(self, item):
        return json.loads(run("create", "--dry-run=server", "-o", "json", "-f", "-", text=json.dumps(item))[0])

    def test_05_pods_that_are_not_to_be_injected_are_as_they_came(self):
        plain = {
            "in a namespace without the label": pod("plain", "debian", ["sh"], PLAIN),
            "that opt out": pod("plain", "debian", ["sh"], annotations={"libtrace.io/inject": "false"}),
            "without the container that is to be": pod("plain", "debian", ["sh"], annotations={"libtrace.io/container": "x"}),
            "with a mount where ours would be": {**pod("plain", "debian", ["sh"])}}
        at_home = plain["with a mount where ours would be"]["spec"]
        at_home["volumes"] = [{"name": "etc", "emptyDir": {}}]
        at_home["containers"][0]["volumeMounts"] = [{"name": "etc", "mountPath": "/etc"}]
        injected = self.dry_run(pod("plain", "debian", ["sh"]))
        self.assertEqual(names_of_containers(injected, "initContainers"), ["libtrace-relay"])
        with_policy = {what: essence(self.dry_run(item)) for what, item in plain.items()}
        self.withdraw()
        try:
            for what, item in plain.items():
                with self.subTest(what=what):
                    self.assertEqual(with_policy[what], essence(self.dry_run(item)))
        finally:
            self.inject(INJECT)

    def inject(self, folder):
        """Applies the policy, and waits until it acts, in place of the other one too."""
        added = ["libtrace-relay"] if folder == INJECT else ["libtrace-copy", "libtrace-relay"]
        run("apply", "-f", folder)
        wait_until(lambda: names_of_containers(self.dry_run(pod("plain", "debian", ["sh"])), "initContainers") == added,
                   30, "the policy")

    def withdraw(self):
        run("delete", "-f", INJECT)
        wait_until(lambda: "initContainers" not in self.dry_run(pod("plain", "debian", ["sh"]))["spec"], 30, "its end")

    def service_name(self, kind=None, owner=None, **metadata):
        item = pod("named", "debian", ["sh"])
        item["metadata"].update(metadata)
        if owner:
            item["metadata"]["ownerReferences"] = [{
                "apiVersion": "v1", "kind": kind, "name": owner, "uid": "1", "controller": True}]
        (container,) = self.dry_run(item)["spec"]["containers"]
        env = {e["name"]: e.get("value") for e in container["env"]}
        return env["OTEL_SERVICE_NAME"], env["OTEL_RESOURCE_ATTRIBUTES"]

    def test_06_a_service_is_named_as_by_opentelemetrys_operator(self):
        name, version = "app.kubernetes.io/name", "app.kubernetes.io/version"
        hashed = {"labels": {"pod-template-hash": "5d5f"}}
        for expected, arguments in (
                ("$(LIBTRACE_POD_NAME)", {}),
                ("web", {"kind": "ReplicaSet", "owner": "web-5d5f", **hashed}),
                ("web", {"kind": "ReplicaSet", "owner": "web"}),
                ("db", {"kind": "StatefulSet", "owner": "db"}),
                ("node", {"kind": "DaemonSet", "owner": "node"}),
                ("nightly", {"kind": "Job", "owner": "nightly-29411520"}),
                ("once", {"kind": "Job", "owner": "once"}),
                ("shop", {"kind": "Job", "owner": "once", "labels": {name: "shop"}}),
                ("shop-1", {"labels": {name: "shop", "app.kubernetes.io/instance": "shop-1"}}),
                ("$$(HOME)", {"annotations": {"resource.opentelemetry.io/service.name": "$(HOME)"}})):
            with self.subTest(expected=expected, arguments=arguments):
                self.assertEqual(self.service_name(**arguments)[0], expected)
        _, attributes = self.service_name(
            kind="ReplicaSet", owner="web-5d5f", labels={"pod-template-hash": "5d5f", version: "1.2"},
            annotations={"resource.opentelemetry.io/deployment.environment.name": "a,b=c"})
        for attribute in ("k8s.deployment.name=web", "service.version=1.2", "deployment.environment.name=a%2Cb%3Dc"):
            self.assertIn(attribute, attributes.split(","))

    def test_06_a_namespace_may_want_the_variable_and_a_pod_of_it_the_file(self):
        def preloads(annotations):
            (container,) = self.dry_run(pod("preloaded", "debian", ["sh"], annotations=annotations))["spec"]["containers"]
            return ("LD_PRELOAD" in [e["name"] for e in container["env"]],
                    "/etc/ld.so.preload" in [m["mountPath"] for m in container["volumeMounts"]])

        by = "libtrace.io/preload"
        self.assertEqual((preloads({}), preloads({by: "variable"})), ((False, True), (True, False)))
        run("label", "namespace", LABELLED, f"{by}=variable")
        try:
            wait_until(lambda: preloads({}) == (True, False), 30, "the variable, by the namespace")
            self.assertEqual(preloads({by: "file"}), (False, True))
        finally:
            run("label", "namespace", LABELLED, f"{by}-")
        wait_until(lambda: preloads({}) == (False, True), 30, "the file again")

    def test_07_one_container_by_its_name(self):
        item = pod("two", "debian", ["sh"], annotations={"libtrace.io/container": "main"})
        item["spec"]["containers"].append({**item["spec"]["containers"][0], "name": "other"})
        main, other = self.dry_run(item)["spec"]["containers"]
        self.assertIn("OTEL_C_RELAY", [e["name"] for e in main["env"]])
        self.assertNotIn("env", other)

    def admit(self, names):
        """Creates pods. @return how many of them the API server took over 5 ms for, in this kind of admission"""
        def counts():
            labels = {"name": "MutatingAdmissionPolicy", "operation": "CREATE", "type": "admit"}
            whole = "apiserver_admission_controller_admission_duration_seconds"
            own = "apiserver_mutating_admission_policy_check_duration_seconds"
            return (metric(f"{whole}_count", **labels) - metric(f"{whole}_bucket", le="0.005", **labels),
                    metric(f"{own}_sum", policy="libtrace-inject"), metric(f"{own}_count", policy="libtrace-inject"))

        before = counts()
        # No node has them start.
        create(*(pod(name, "debian", ["sh"], nodeSelector={"none": "none"}) for name in names))
        slow, seconds, n = (after - b for after, b in zip(counts(), before))
        note(f"admission of {n:.0f} pods: {1000 * seconds / n:.1f} ms on average, {slow:.0f} took over 5 ms")
        self.assertEqual(n, len(names))
        run("-n", LABELLED, "delete", "pods", *names, "--wait=false")
        return slow

    def test_08_what_is_added_takes_less_than_5_ms_of_admission(self):
        # The median of 100; of an API server that has its processor, which on a busy machine is not in every round.
        slow = []
        while len(slow) < ADMISSIONS_MAX and (not slow or slow[-1] >= 50):
            slow.append(self.admit([f"many-{len(slow)}-{i}" for i in range(100)]))
        self.assertLess(slow[-1], 50, slow)

    # --- operation -----------------------------------------------------------------------------

    def test_09_wrong_settings_keep_no_pod_from_starting(self):
        settings = ["-n", LABELLED, "patch", "configmap", "libtrace", "--type=merge", "-p"]
        run(*settings, json.dumps({"data": {"EXPORTER_OTLP_ENDPOINT": "nonsense"}}))
        create(pod("misled", "debian", ["sh", "-c", "echo good; exit 5"]))
        self.assertEqual(end_of(LABELLED, "misled")[0], 5)
        self.assertEqual(output_of(LABELLED, "misled"), "good\n")
        self.assertIn("settings are not valid", run("-n", LABELLED, "logs", "misled", "-c", "libtrace-relay")[0])
        run(*settings, json.dumps({"data": {"EXPORTER_OTLP_ENDPOINT": f"http://jaeger.{kube.NAMESPACE}:4318"}}))

    def test_10_as_opentelemetrys_operator_injects_an_image_programs_of_both_c_libraries_are_traced(self):
        """Source: its internal/instrumentation/nodejs.go: the init container and its command, the volume, the mount."""
        name, path = "opentelemetry-auto-instrumentation-nodejs", "/otel-auto-instrumentation-nodejs"
        traces = {}
        for image in ("debian", "musl"):
            traces[image], parent = traceparent()
            env = {**parent, "LD_PRELOAD": f"{path}/lib/libtrace-agent.so", "OTEL_SERVICE_NAME": image,
                   "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://jaeger.{kube.NAMESPACE}:4318"}
            item = pod(f"operator-{image}", image, ["curl", "-sS", GATEWAY], PLAIN, env)
            mount = {"volumeMounts": [{"name": name, "mountPath": path}]}
            item["spec"]["volumes"] = [{"name": name, "emptyDir": {"sizeLimit": "200Mi"}}]
            item["spec"]["initContainers"] = [{
                "name": name, "image": agent_image(), "command": ["cp", "-r", "/autoinstrumentation/.", path],
                "securityContext": kube.RESTRICTED, **mount}]
            item["spec"]["containers"][0].update(mount)
            self.assertEqual(create(item), "")
        for image, trace in traces.items():
            with self.subTest(image=image):
                self.assertEqual(end_of(PLAIN, f"operator-{image}"), (0, "Completed"))
                self.expect(trace, [[(image, "CLIENT", "GET"), [SHOP]]])

    def test_10_without_image_volumes_an_init_container_brings_the_agent(self):
        self.inject(os.path.join(INJECT, "copy"))
        trace, parent = traceparent()
        self.assertEqual(create(pod("copied", "debian", ["curl", "-sS", GATEWAY], env=parent)), "")
        self.assertEqual(end_of(LABELLED, "copied")[0], 0)
        self.assertEqual(names_of_containers(get(LABELLED, "copied"), "initContainers"), ["libtrace-copy", "libtrace-relay"])
        self.assertFalse([v for v in get(LABELLED, "copied")["spec"]["volumes"] if "image" in v])
        self.expect(trace, [[("copied", "CLIENT", "GET"), [SHOP]]])
        self.inject(INJECT)

    def doctor(self, where, name, container):
        """What is printed of the container's first process, without what it is of; and the exit code."""
        done = subprocess.run([KUBECTL, "-n", where, "exec", name, "-c", container, "--", "/libtrace/bin/libtrace-instrument",
                               "--doctor", "--pid", "1"], capture_output=True, text=True, timeout=120)
        note(f"--doctor of {name}: exit code {done.returncode}: {' | '.join((done.stdout + done.stderr).splitlines())}")
        lines = (line.split(None, 1) for line in done.stdout.splitlines() if line.strip())
        return done.returncode, {word.rstrip(":"): text for word, text in lines}

    def test_11_a_container_tells_why_its_program_is_traced_or_not(self):
        code, lines = self.doctor(kube.NAMESPACE, pods("api-gateway")[0]["metadata"]["name"], "api-gateway")
        self.assertEqual(code, 0)
        self.assertEqual(lines["agent"], "/libtrace/lib/libtrace-agent.so is in it")
        self.assertEqual(lines["relay"], "yes: it shares its spans with the one that listens at /run/libtrace/relay.sock")
        self.assertEqual(lines["verdict"], "it is traced")
        create(pod("static", "go", ["/get", GATEWAY, "600"]))
        wait_until(lambda: get(LABELLED, "static")["status"]["phase"] == "Running", 60, "a static program")
        code, lines = self.doctor(LABELLED, "static", "main")
        self.assertEqual(code, 1)
        self.assertRegex(lines["agent"], "is not in it: .*static")
        self.assertEqual(lines["verdict"], "it is not traced")
        run("-n", LABELLED, "delete", "pod", "static", "--wait=false")

    def test_12_a_rollout_of_labelled_pods_loses_nothing(self):
        def restart():
            old = set().union(*(names_of(pods(name)) for name in SERVICES))
            kubectl("rollout", "restart", *(f"deployment/{name}" for name in SERVICES))
            rollout(*SERVICES)
            wait_until(lambda: kube.all_gone(old), 90, "the old pods' end")

        _, failed, missing = under_load("rollout of labelled pods", restart, seconds=SECONDS)
        self.assertEqual((len(failed), len(missing)), (0, 0))

    def test_13_its_end_leaves_running_pods_alone_and_new_ones_plain(self):
        def running():
            return {(p["metadata"]["uid"], kube.restarts(p["metadata"]["name"])[0]) for name in SERVICES for p in pods(name)}

        before = running()
        self.withdraw()
        create(pod("late", "debian", ["sh"], annotations={"libtrace.io/inject": "true"}))
        self.assertNotIn("initContainers", get(LABELLED, "late")["spec"])
        self.assertEqual(running(), before)
        with forward("jaeger", 16686) as port:
            Jaeger(port).wait_for(kube.checkout(), [SHOP])


def numbers(spans):
    """Of the requests that have been answered."""
    return {int(p) for p, s in zip(paths(spans), spans) if p.isdigit() and s.status != 2}


def paths(spans):
    return [s.attributes["url.full"].rsplit("/", 1)[1] for s in spans]


def essence(of):
    """All of a pod but what is new in each one; its text shows also the order."""
    for field in ("uid", "creationTimestamp", "managedFields"):
        of["metadata"].pop(field, None)
    return re.sub(r"kube-api-access-\w{5}", "kube-api-access", json.dumps(of))


def names_of_containers(of, kind):
    return [c["name"] for c in of["spec"].get(kind, [])]


harness.run_case(Inject)
