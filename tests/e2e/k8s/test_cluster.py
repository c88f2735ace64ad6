# SPDX-License-Identifier: Apache-2.0
"""k8s/ on a real cluster: applied, queried, restarted, evicted, killed, cut off from its backend, and removed.

In this order: each test goes on from what the one before left. Figures are said as comments. Run by
tests/e2e/check-cluster.sh, which finds a cluster and puts the images there.
"""
import json
import os
import sys
import time
import unittest
from urllib.error import HTTPError
from urllib.request import urlopen

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration"))

import harness  # noqa: E402
import kube  # noqa: E402
import network  # noqa: E402
from harness import note  # noqa: E402
from jaeger import PER_SECOND, Jaeger, under_load  # noqa: E402
from kube import evict, forward, kubectl, names_of, pods, rollout, wait_until  # noqa: E402

K8S = os.path.join(HERE, "..", "..", "..", "k8s")
SERVICES = ("order-service", "api-gateway")
VOLUMES = {"jaeger-store": "10Gi", "postgres": "5Gi"}  # by the names of their claims
KINDS = "serviceaccounts,configmaps,secrets,persistentvolumeclaims,deployments,statefulsets,services,horizontalpodautoscalers," \
    "poddisruptionbudgets,networkpolicies"

ZERO_CODE = [[("api-gateway", "SERVER", "GET /checkout"), [
    [("api-gateway", "CLIENT", "POST"), [
        [("order-service", "SERVER", "POST /orders"), []]]]]]]
STORED = [[("api-gateway", "SERVER", "GET /checkout"), [
    [("api-gateway", "CLIENT", "POST"), [
        [("order-service", "SERVER", "POST /orders"), [
            [("order-service", "CLIENT", "INSERT orders"), []]]]]]]]]
CUSTOM = [[("api-gateway", "SERVER", "GET /checkout"), [
    [("api-gateway", "CLIENT", "POST"), [
        [("order-service", "SERVER", "POST /orders"), [
            [("order-service", "INTERNAL", "check_inventory"), []],
            [("order-service", "INTERNAL", "insert_order_record"), []]]]]]]]]


class Cluster(unittest.TestCase):
    under_load = staticmethod(under_load)

    longMessage = True

    def apply(self, folder, *options):
        """What kubectl says was done to each object; it must have no warnings."""
        out, messages = kube.run("apply", "-f", os.path.join(K8S, folder), *options)
        self.assertEqual(messages, "")
        return out.splitlines()

    def objects(self):
        """What the manifests determine of the objects there are, by kind and name."""
        found = {}
        for item in kube.get(KINDS)["items"]:
            for decided_elsewhere in ("replicas", "volumeName"):
                item.get("spec", {}).pop(decided_elsewhere, None)
            found[item["kind"], item["metadata"]["name"]] = (
                item.get("spec"), item.get("data"), item["metadata"].get("labels"))
        return found

    def apply_again(self, *folders):
        """It changes nothing: no folder has another truth about an object than the others."""
        before = self.objects()
        for folder in folders:
            self.apply(folder)
            self.assertEqual(self.objects(), before, folder)

    def test_01_apply_alone_makes_everything_ready(self):
        began = time.monotonic()
        self.apply("")
        rollout("jaeger", *SERVICES)
        note(f"applied to ready: {time.monotonic() - began:.0f} s")
        self.apply_again("")
        for folder in ("", "scale"):
            self.apply(folder, "--dry-run=server")
        self.check_an_image_that_is_not_loaded()

    def check_an_image_that_is_not_loaded(self):
        """Its name leads to no registry but the node itself, as k8s/README.md describes."""
        spec = kube.get("deployment", "api-gateway")["spec"]["template"]["spec"]
        spec["containers"][0]["image"] = "localhost/libtrace/api-gateway:not-loaded"
        kubectl("create", "-f", "-", text=json.dumps(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "not-loaded"}, "spec": spec}))

        def waiting():
            return [s["state"]["waiting"] for s in kube.get("pod", "not-loaded")["status"].get("containerStatuses", [])
                    if "localhost" in s["state"].get("waiting", {}).get("message", "")]

        (found,) = wait_until(waiting, 60, "the reason why a pod waits for its image")
        kubectl("delete", "pod", "not-loaded", "--wait=false")
        self.assertIn(found["reason"], ("ErrImagePull", "ImagePullBackOff"))
        self.assertIn("connection refused", found["message"])

    def test_02_one_checkout_is_one_trace_with_the_right_pods(self):
        trace = kube.checkout()
        with forward("jaeger", 16686) as port:
            spans = Jaeger(port).wait_for(trace, ZERO_CODE)
        for name in SERVICES:
            (pod,) = pods(name)
            metadata = pod["metadata"]
            for span in spans:
                if span.service == name:
                    expected = {
                        "service.name": name, "service.version": metadata["labels"]["app.kubernetes.io/version"],
                        "service.namespace": kube.NAMESPACE,
                        "service.instance.id": f"{kube.NAMESPACE}.{metadata['name']}.{name}",
                        "k8s.namespace.name": kube.NAMESPACE, "k8s.node.name": pod["spec"]["nodeName"],
                        "k8s.deployment.name": name, "k8s.container.name": name,
                        "k8s.pod.name": metadata["name"], "k8s.pod.uid": metadata["uid"],
                        "host.name": metadata["name"]}
                    self.assertEqual({k: span.resource.get(k) for k in expected}, expected)
        client = harness.one(spans, "POST")
        self.assertEqual(client.attributes["server.address"], "order-service")
        self.assertEqual(client.attributes["url.full"], "http://order-service:8001/orders")

    def test_03_a_checkout_through_a_port_forward(self):
        with forward("api-gateway", 8000) as port, urlopen(f"http://127.0.0.1:{port}/checkout", timeout=10) as answer:
            self.assertEqual(json.load(answer)["order"]["order_id"], "ord-789")
            trace = answer.headers["traceresponse"].split("-")[1]
        with forward("jaeger", 16686) as port:
            Jaeger(port).wait_for(trace, ZERO_CODE)

    def replace_pods(self, replace):
        """replace(pod's name) for the pods of both services, and waits until all of them have gone."""
        old = {name: names_of(pods(name)) for name in SERVICES}
        for name in SERVICES:
            for pod in old[name]:
                replace(pod)
        rollout(*SERVICES)
        wait_until(lambda: kube.all_gone(set().union(*old.values())), 90, "the old pods' end")

    def test_04_rollout_restart_of_both_loses_nothing(self):
        def restart():
            old = set().union(*(names_of(pods(name)) for name in SERVICES))
            kubectl("rollout", "restart", *(f"deployment/{name}" for name in SERVICES))
            rollout(*SERVICES)
            wait_until(lambda: kube.all_gone(old), 90, "the old pods' end")

        _, failed, missing = self.under_load("rollout restart", restart)
        self.assertEqual((len(failed), len(missing)), (0, 0))

    def test_05_a_drains_evictions_lose_nothing(self):
        _, failed, missing = self.under_load("eviction of both", lambda: self.replace_pods(
            lambda pod: self.assertTrue(evict(pod))))
        self.assertEqual((len(failed), len(missing)), (0, 0))

    def test_06_killed_programs_lose_nothing(self):
        """kill -9 of a program in its container: the launcher, its first process, stays until the spans are sent."""
        def kill():
            for name in SERVICES:
                (pod,) = names_of(pods(name))
                kube.kill_program(pod, name, name)
                wait_until(lambda: kube.restarts(pod) == (1, [137]), 60, f"{name} killed and started anew")  # noqa: B023
            rollout(*SERVICES)

        answers, failed, missing = self.under_load("both programs killed in their containers", kill)
        self.assertLess(len(failed), 10 * PER_SECOND)
        self.assertTrue(all(a.good for a in answers[-5 * PER_SECOND:]))
        self.assertEqual(missing, {})

    def test_07_deleted_pods_lose_nothing(self):
        _, failed, missing = self.under_load("both deleted", lambda: self.replace_pods(
            lambda pod: kubectl("delete", "pod", pod, "--wait=false")))
        self.assertLess(len(failed), 10 * PER_SECOND)
        self.assertEqual(missing, {})

    def test_08_killed_pods_are_back_soon(self):
        """One replica each, killed without a word: what is answered meanwhile is an error, and not for long."""
        answers, failed, missing = self.under_load("both killed", lambda: self.replace_pods(
            lambda pod: kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")))
        self.assertLess(len(failed), 10 * PER_SECOND)
        self.assertTrue(all(a.good for a in answers[-5 * PER_SECOND:]))
        self.assertEqual(missing, {})  # the kubelet leaves them 2 s at least, which is enough for the relay

    def test_09_jaeger_away_for_30_seconds(self):
        gone = 0

        def away():
            nonlocal gone
            kubectl("scale", "deployment/jaeger", "--replicas=0")
            wait_until(lambda: not kube.get("pods", "-l", "app.kubernetes.io/name=jaeger")["items"], 60, "Jaeger's end")
            gone = time.time()
            time.sleep(30)
            kubectl("scale", "deployment/jaeger", "--replicas=1")
            rollout("jaeger")
            note(f"Jaeger was away for {time.time() - gone:.0f} s, and with it all that it had in memory")

        answers, failed, missing = self.under_load("Jaeger away", away)
        self.assertEqual(len(failed), 0)
        self.assertLess(max(a.milliseconds for a in answers), 2000)
        meanwhile = {a.rest for a in answers if a.at > gone + 1}
        lost = missing.keys() & meanwhile
        note(f"    of {len(meanwhile)} traces from when it had gone on, {len(lost)} were lost")
        self.assertEqual(lost, set())

    def test_10_a_service_made_anew(self):
        """It has another address then; the gateway's connections are at most 30 s old."""
        def address():
            return kube.get("service", "order-service")["spec"]["clusterIP"]

        def remake():
            before = address()
            kubectl("delete", "service", "order-service")
            self.apply("20-order.yaml")
            note(f"order-service was at {before}, is at {address()}")

        answers, failed, _ = self.under_load("order-service's Service made anew", remake, seconds=50)
        self.assertLess(len(failed), 10 * PER_SECOND)
        self.assertTrue(all(a.good for a in answers[-5 * PER_SECOND:]))

    def order_pods(self):
        return kube.get("pods", "-l", "app.kubernetes.io/name=order-service")["items"]

    def test_11_one_command_switches_to_custom_spans(self):
        kubectl("set", "env", "deployment/order-service", "ORDER_PROGRAM=order-service-custom")
        rollout("order-service")
        began = time.monotonic()  # its predecessor answers for 10 s more
        wait_until(lambda: len(self.order_pods()) == 1, 60, "one order-service")
        note(f"the predecessor was gone {time.monotonic() - began:.0f} s after the rollout")
        trace = kube.checkout()
        with forward("jaeger", 16686) as port:
            Jaeger(port).wait_for(trace, CUSTOM)

    def test_12_scale(self):
        """Two replicas behind budgets, a Collector that samples, two with volumes; k8s/ over it undoes nothing."""
        self.provide_volumes()
        self.apply("scale")
        self.apply("")  # which switches back to zero-code spans, and that is all
        kubectl("set", "env", "deployment/order-service", "ORDER_STORE_LOCK_MS=1500")  # slow enough to be kept
        rollout("jaeger-store", "otel-collector", "statefulset/postgres")
        kubectl("rollout", "restart", *(f"deployment/{name}" for name in SERVICES))
        for name in SERVICES:  # not the pods: while the change of environment rolls out, one replica has two
            wait_until(lambda: kube.get("deployment", name)["spec"]["replicas"] >= 2, 60, f"two of {name}")  # noqa: B023
        rollout(*SERVICES)
        kubectl("scale", "deployment/jaeger", "--replicas=0")
        wait_until(lambda: len(self.order_pods()) == 2, 60, "two of order-service alone")
        self.apply_again("", "scale", "")
        self.assertEqual({d["metadata"]["name"]: d["spec"]["replicas"] for d in kube.get("deployments")["items"]}, {
            "api-gateway": 2, "order-service": 2, "otel-collector": 1, "jaeger-store": 1, "jaeger": 0})
        trace, order = self.place_order()
        with forward("jaeger-store", 16686) as port:
            Jaeger(port).wait_for(trace, STORED, timeout=40)
        _, other = self.place_order()
        self.assertNotEqual(other["order_id"], order["order_id"])
        first, second = sorted(names_of(pods("order-service")))
        wait_until(lambda: evict(first), 30, "the budget's leave")  # it counts the new pods a moment later
        self.assertFalse(evict(second), "the budget lets one go at a time")
        jaeger, = pods("jaeger-store")
        kubectl("delete", "pod", jaeger["metadata"]["name"])
        rollout("jaeger-store", *SERVICES)
        with forward("jaeger-store", 16686) as port:
            Jaeger(port).wait_for(trace, STORED)  # still there
        self.check_order_outlives_pods(order)
        self.check_policies()
        self.go_back_from_scale()

    def place_order(self):
        """One /checkout from outside, again where a thread of order-service has no database yet.
        @return (its trace's id, the order that it was answered)"""
        placed = None

        def is_placed():
            nonlocal placed
            with forward("api-gateway", 8000) as port:
                try:
                    with urlopen(f"http://127.0.0.1:{port}/checkout", timeout=20) as answer:
                        placed = answer.headers["traceresponse"].split("-")[1], json.load(answer)["order"]
                except HTTPError as error:
                    self.assertEqual(error.code, 502)
            return placed

        wait_until(is_placed, 60, "an order")
        return placed

    def check_stored(self, order):
        """order-service has the order, as soon as it has its database again."""
        found = None

        def is_answered():
            nonlocal found
            with forward("order-service", 8001) as port:
                try:
                    with urlopen(f"http://127.0.0.1:{port}/orders/{order['order_id']}", timeout=20) as answer:
                        found = json.load(answer)
                except HTTPError as error:
                    self.assertEqual(error.code, 503)  # it is not lost
            return found

        wait_until(is_answered, 60, "an answer from the database")
        self.assertEqual({key: found.get(key) for key in order}, order)

    def check_order_outlives_pods(self, order):
        self.check_stored(order)
        old = names_of(pods("order-service"))
        kubectl("delete", "pod", *old)
        rollout("order-service")
        self.check_stored(order)
        database, = pods("postgres")
        began = time.monotonic()
        kubectl("delete", "pod", database["metadata"]["name"])  # until it has gone
        rollout("statefulset/postgres")
        note(f"postgres was ready again {time.monotonic() - began:.0f} s after its pod's deletion began")
        self.assertNotEqual(pods("postgres")[0]["metadata"]["uid"], database["metadata"]["uid"])
        self.check_stored(order)
        self.place_order()
        count = "SELECT count(*), count(key), count(DISTINCT key) FROM orders"
        n, with_key, different = kubectl("exec", "postgres-0", "--", "psql", "-U", "postgres", "-AtF ", "-c", count, "orders").split()
        self.assertGreaterEqual(int(n), 3)
        self.assertEqual((with_key, different), (n, n))  # the gateway makes one for each checkout

    def check_policies(self):
        """By what the live objects say: few clusters of a test enforce policies."""
        policies = kube.get("networkpolicies")["items"]
        ends = {name: [network.pod_end(name, kube.NAMESPACE, p["metadata"]["labels"]) for p in pods(name)]
                for name in (*SERVICES, "otel-collector", "jaeger-store", "postgres")}
        dns = json.loads(kube.run("-n", "kube-system", "get", "pods", "-l", "k8s-app=kube-dns", "-o", "json")[0])["items"]
        ends["dns"] = [network.pod_end("dns", "kube-system", p["metadata"]["labels"]) for p in dns]
        ends["neighbour"] = [network.pod_end("neighbour", kube.NAMESPACE, {"app.kubernetes.io/name": "load"})]
        for source, destination, port, protocol, expected in (
                ("neighbour", "api-gateway", 8000, "TCP", True), ("api-gateway", "order-service", 8001, "TCP", True),
                ("api-gateway", "dns", 53, "UDP", True), ("order-service", "dns", 53, "UDP", True),
                ("otel-collector", "dns", 53, "TCP", True), ("order-service", "otel-collector", 4318, "TCP", True),
                ("otel-collector", "jaeger-store", 4318, "TCP", True), ("order-service", "postgres", 5432, "TCP", True),
                ("api-gateway", "postgres", 5432, "TCP", False), ("neighbour", "postgres", 5432, "TCP", False),
                ("postgres", "dns", 53, "UDP", False), ("neighbour", "order-service", 8001, "TCP", False),
                ("api-gateway", "jaeger-store", 4318, "TCP", False), ("order-service", "api-gateway", 8000, "TCP", False)):
            self.assertTrue(ends[source] and ends[destination], (source, destination))
            self.assertEqual({network.allows(policies, a, b, port, protocol) for a in ends[source] for b in ends[destination]},
                             {expected}, (source, destination, port))

    def go_back_from_scale(self):
        kube.run("delete", "-f", os.path.join(K8S, "scale"), "--timeout=120s", timeout=140)
        kubectl("scale", "deployment", "--all", "--replicas=1")
        kubectl("rollout", "restart", "deployment")
        rollout("jaeger", *SERVICES)
        wait_until(lambda: len(self.order_pods()) == 1, 90, "one order-service")
        trace = kube.checkout()
        with forward("jaeger", 16686) as port:
            Jaeger(port).wait_for(trace, ZERO_CODE)

    def provide_volumes(self):
        """A cluster of check-cluster's own has nothing that makes volumes."""
        if "HOST_VOLUMES" in os.environ:
            for claim, size in VOLUMES.items():
                kube.run("apply", "-f", "-", text=json.dumps({
                    "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": claim},
                    "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"],
                             "claimRef": {"namespace": kube.NAMESPACE, "name": claim},
                             "hostPath": {"path": os.path.join(os.environ["HOST_VOLUMES"], claim), "type": "Directory"}}}))

    def delete_everything(self):
        kube.run("delete", "-f", K8S, "--timeout=180s", timeout=200)
        self.assertEqual(kube.run("get", "namespace", kube.NAMESPACE, "--ignore-not-found"), ("", ""))

    def test_13_delete_leaves_nothing_and_scale_may_come_first(self):
        self.delete_everything()
        for path in ("00-namespace.yaml", "scale", ""):
            self.apply(path)
        self.apply_again("scale", "")
        self.delete_everything()
        if "HOST_VOLUMES" in os.environ:
            kube.run("delete", "persistentvolume", *VOLUMES)


harness.run_case(Cluster)
