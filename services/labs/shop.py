# SPDX-License-Identifier: Apache-2.0
"""The shop of a lab on this machine: a backend and the services with faults, by stack.sh, which stays when the command
that has started it ends."""
import os
import shutil
import signal
import subprocess

from place import Failed, Place, started_at, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
STACK = os.path.join(HERE, "..", "stack", "stack.sh")
UP_S, DOWN_S = 60, 60


class Shop(Place):
    name = "shop"

    @property
    def logs(self):
        """Where a learner finds what the services log."""
        return self.path("stack.log")

    def program(self):
        """Changes when the services are rebuilt."""
        paths = filter(None, map(shutil.which, ("order-service-custom", "order-service", "api-gateway")))
        return [[path, os.stat(path).st_mtime_ns] for path in paths]

    def runs(self, state):
        return started_at(state["pid"]) == state["started"]

    def start(self, lab_number, lab):
        command = ["bash", STACK, "--backend", "traceview", "--order", lab.order, "--store", lab.store, "--faults"]
        with open(self.path("stack.log"), "w") as log:
            stack = subprocess.Popen(command, env={**self.settings(lab), **os.environ}, stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=subprocess.STDOUT, start_new_session=True)
        self.keep(lab_number, pid=stack.pid, started=started_at(stack.pid), program=self.program())
        wait_until(lambda: stack.poll() is not None or "\nRunning: " in self.log("stack.log"), UP_S, "the start of the shop")
        if stack.poll() is not None:
            raise Failed("the shop does not start:\n" + "".join(self.log("stack.log").splitlines(True)[-8:]).rstrip())
        self.switch_all(lab)

    def stop(self):
        """Ends what an earlier lab has left. @return whether there was something"""
        state = self.state()
        if state:
            os.kill(state["pid"], signal.SIGTERM)
            wait_until(lambda: not self.runs(state), DOWN_S, "the end of the shop")
        self.forget()
        return state is not None
