# SPDX-License-Identifier: Apache-2.0
"""Where a lab runs: what a shop on this machine (shop.py) and one on a cluster (cluster.py) have in common."""
import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# Of a request that is not to be seen among the traces.
NOT_SAMPLED = {"traceparent": f"00-{'1' * 32}-{'1' * 16}-00"}


class Failed(Exception):
    pass


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def started_at(pid):
    """Tells a process from a later one of the same number; None: it has ended."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    except OSError:
        return None


class Place:
    """Its state is a folder of the user's, so that the next command finds it. One lab runs at a time, in one place."""
    name = None

    def __init__(self):
        base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        self.folder = os.path.join(base, f"libtrace-lab-{os.getuid()}")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        if os.stat(self.folder).st_uid != os.getuid():
            raise Failed(f"{self.folder} belongs to somebody else")
        self.ports = {"backend": int(os.environ.get("TRACEVIEW_UI_PORT", 16686)),
                      "gateway": int(os.environ.get("GATEWAY_PORT", 8000)),
                      "order": int(os.environ.get("ORDER_PORT", 8001)),
                      "otlp": int(os.environ.get("TRACEVIEW_OTLP_PORT", 4318))}
        self.urls = {name: f"http://localhost:{port}" for name, port in self.ports.items()}

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self, name):
        with open(self.path(name), errors="replace") as file:
            return file.read()

    def settings(self, lab):
        """The shop's environment variables, where the user's has no other."""
        return {"THREADS": "1", "LAG_MAX_MS": "0", **lab.env}

    # --- what runs ---

    def state(self):
        """{"lab": its number, ...}; None: nothing runs in this place."""
        try:
            with open(self.path("state")) as file:
                state = json.load(file)
        except (OSError, ValueError):
            return None
        return state if state.get("place") == self.name and self.runs(state) else None

    def keep(self, lab_number, **state):
        with open(self.path("state"), "w") as file:
            json.dump({"place": self.name, "lab": lab_number, **state}, file)

    def forget(self):
        if os.path.exists(self.path("state")):
            os.unlink(self.path("state"))

    # --- what is done with it ---

    def switch(self, service, fault, size):
        request = urllib.request.Request(f"{self.urls[service]}/faults/{fault}", method="PUT", data=str(size).encode(),
                                         headers=NOT_SAMPLED)
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except urllib.error.URLError as error:
            raise Failed(f"cannot switch the fault {fault} of {service}: {error}") from None

    def switch_all(self, lab):
        for service, faults in lab.faults.items():
            for name, size in faults.items():
                self.switch(service, name, size)

    def send(self, load, requests):
        """Sends requests and waits for their answers. @return the generator's summary"""
        urls = [self.urls["gateway"] + path for path in load.urls]
        environment = {"OTEL_SERVICE_NAME": "shop-load", "OTEL_EXPORTER_OTLP_ENDPOINT": self.urls["otlp"],
                       "OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_C_EXIT_TIMEOUT": "10000", **os.environ}
        done = subprocess.run(["libtrace-instrument", "shop-load", "--requests", str(requests), "--rate", str(load.rate),
                               "--timeout-ms", "60000", *load.options, *urls], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True)
        if done.returncode not in (0, 1):  # 1: not all were answered, which may be the lab
            raise Failed("shop-load has failed")
        return done.stdout
