# SPDX-License-Identifier: Apache-2.0
"""forks_pycurl_host.py N - a request, then N forks 1.5 ms apart, each with a request of its own; says how they end."""
import io
import os
import sys
import time
from collections import Counter

import pycurl

HUNG_S = 30


def get():
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, "http://127.0.0.1:8080/ok")
    handle.setopt(pycurl.WRITEDATA, io.BytesIO())
    handle.perform()
    handle.close()


get()
children = []
for _ in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        get()
        sys.exit(0)
    children.append(child)
    time.sleep(0.0015)
ends, deadline = Counter(), time.monotonic() + HUNG_S
while children and time.monotonic() < deadline:
    for child in children[:]:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            children.remove(child)
            signal, code = status & 127, status >> 8
            ends[f"signal {signal}" if signal else f"exit {code}" if code else "ok"] += 1
    time.sleep(0.002)
for child in children:
    os.kill(child, 9)
    os.waitpid(child, 0)
    ends["hung"] += 1
for how, n in ends.items():
    print(how, n)
