# SPDX-License-Identifier: Apache-2.0
"""The shop of a lab: a backend and the services with faults, by stack.sh, which stays when the command that has
started it ends."""
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
STACK = os.path.join(HERE, "..", "stack", "stack.sh")
UP_S, DOWN_S = 60, 60
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


class Shop:
    """Its state is a folder of the user's, so that the next command finds it."""
    name = "shop"

    def __init__(self):
        base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        self.folder = os.path.join(base, f"libtrace-lab-{os.getuid()}")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        if os.stat(self.folder).st_uid != os.getuid():
            raise Failed(f"{self.folder} belongs to somebody else")
        self.urls = {"backend": f"http://localhost:{os.environ.get('TRACEVIEW_UI_PORT', 16686)}",
                     "gateway": f"http://localhost:{os.environ.get('GATEWAY_PORT', 8000)}",
                     "order": f"http://localhost:{os.environ.get('ORDER_PORT', 8001)}"}
        self.otlp = f"http://localhost:{os.environ.get('TRACEVIEW_OTLP_PORT', 4318)}"

    def path(self, name):
        return os.path.join(self.folder, name)

    # --- what runs ---

    def state(self):
        """{"lab": its number, ...}; None: nothing runs."""
        try:
            with open(self.path("state")) as file:
                state = json.load(file)
        except (OSError, ValueError):
            return None
        return state if started_at(state["pid"]) == state["started"] else None

    def start(self, lab_number, lab, program):
        self.stop()
        defaults = {"THREADS": "1", "LAG_MAX_MS": "0", **lab.env}
        command = ["bash", STACK, "--backend", "traceview", "--order", lab.order, "--store", lab.store, "--faults"]
        with open(self.path("stack.log"), "w") as log:
            stack = subprocess.Popen(command, env={**defaults, **os.environ}, stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=subprocess.STDOUT, start_new_session=True)
        with open(self.path("state"), "w") as file:
            json.dump({"lab": lab_number, "pid": stack.pid, "started": started_at(stack.pid), "program": program}, file)
        wait_until(lambda: stack.poll() is not None or "\nRunning: " in self.log("stack.log"), UP_S, "the start of the shop")
        if stack.poll() is not None:
            raise Failed("the shop does not start:\n" + "".join(self.log("stack.log").splitlines(True)[-8:]).rstrip())
        for service, faults in lab.faults.items():
            for name, size in faults.items():
                self.switch(service, name, size)

    def stop(self):
        """Ends what an earlier lab has left. @return whether there was something"""
        state = self.state()
        if state:
            os.kill(state["pid"], signal.SIGTERM)
            wait_until(lambda: started_at(state["pid"]) != state["started"], DOWN_S, "the end of the shop")
        if os.path.exists(self.path("state")):
            os.unlink(self.path("state"))
        return state is not None

    def log(self, name):
        with open(self.path(name), errors="replace") as file:
            return file.read()

    # --- what is done with it ---

    def switch(self, service, fault, size):
        request = urllib.request.Request(f"{self.urls[service]}/faults/{fault}", method="PUT", data=str(size).encode(),
                                         headers=NOT_SAMPLED)
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except urllib.error.URLError as error:
            raise Failed(f"cannot switch the fault {fault} of {service}: {error}") from None

    def send(self, load, requests):
        """Sends requests and waits for their answers. @return the generator's summary"""
        urls = [self.urls["gateway"] + path for path in load.urls]
        environment = {"OTEL_SERVICE_NAME": "shop-load", "OTEL_EXPORTER_OTLP_ENDPOINT": self.otlp,
                       "OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_C_EXIT_TIMEOUT": "10000", **os.environ}
        done = subprocess.run(["libtrace-instrument", "shop-load", "--requests", str(requests), "--rate", str(load.rate),
                               "--timeout-ms", "60000", *load.options, *urls], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True)
        if done.returncode not in (0, 1):  # 1: not all were answered, which may be the lab
            raise Failed("shop-load has failed")
        return done.stdout
