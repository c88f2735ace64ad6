# SPDX-License-Identifier: Apache-2.0
"""What /proc shows of a program: its processes, and of each what belongs to it."""
import os
import re
import time
from collections import namedtuple

# fds: number -> (what, flags); threads: [(name, blocked signals)], the main thread first.
Process = namedtuple("Process", "command fds threads signals umask cwd environment libraries")

SIGNALS = ("SigIgn", "SigCgt")


def read(path):
    with open(path, "rb") as file:
        return file.read().decode(errors="replace")


def status_of(folder, *names):
    return tuple(re.search(rf"(?m)^{name}:\s*(\S+)", read(folder + "/status"))[1] for name in names)


def environment_of(pid):
    return dict(pair.partition("=")[::2] for pair in read(f"/proc/{pid}/environ").split("\0") if pair)


def is_relay(pid):
    """It is beside the programs, in a session of its own."""
    return status_of(f"/proc/{pid}", "Name") == ("libtrace-relay",)


def pids_with(variable, value):
    """All processes that have that in their environment, as every descendant of one that does."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if environment_of(pid).get(variable) == value and status_of(f"/proc/{pid}", "State") != ("Z",) \
                    and not is_relay(pid):
                found.append(int(pid))
        except OSError:
            pass  # it has ended
    return sorted(found)


def children():
    """Of this process, those that are no zombies; orphans come to it, see prctl(PR_SET_CHILD_SUBREAPER)."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent, state = status_of(f"/proc/{pid}", "PPid", "State")
        except OSError:
            continue  # it has ended
        if int(parent) == os.getpid() and state != "Z" and not is_relay(pid):
            found.add(int(pid))
    return found


def open_files(pid):
    fds = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        target = re.sub(r":\[\d+\]$", "", os.readlink(f"/proc/{pid}/fd/{number}"))
        flags = re.search(r"flags:\s*(\d+)", read(f"/proc/{pid}/fdinfo/{number}"))[1]
        fds[int(number)] = (target, flags)
    return fds


def look_at(pid):
    folder = f"/proc/{pid}"
    tasks = sorted(os.listdir(folder + "/task"), key=lambda task: task != str(pid))
    if any(status_of(f"{folder}/task/{task}", "State") != ("S",) for task in tasks):
        raise BlockingIOError("it is at work")
    threads = [(read(f"{folder}/task/{task}/comm").strip(), *status_of(f"{folder}/task/{task}", "SigBlk"))
               for task in tasks]
    threads[1:] = sorted(threads[1:])  # their numbers begin again at some time
    mapped = {os.path.basename(line.split()[5]) for line in read(folder + "/maps").splitlines() if ".so" in line}
    return Process(read(folder + "/cmdline").split("\0"), open_files(pid), threads, status_of(folder, *SIGNALS),
                   status_of(folder, "Umask"), os.readlink(folder + "/cwd"), environment_of(pid), mapped)


def look_at_all(variable, value, timeout_s=5):
    """Every process with that in its environment, by command, once all of them wait."""
    deadline = time.monotonic() + timeout_s
    before = None
    while True:
        try:
            now = sorted((look_at(pid) for pid in pids_with(variable, value)), key=lambda process: process.command)
        except (OSError, TypeError):  # one has just ended, or is at work
            now = None
        if now is not None and now == before:
            return now
        if time.monotonic() > deadline:
            raise AssertionError(f"the processes go on changing: {before} {now}")
        before = now
        time.sleep(0.02)
