# SPDX-License-Identifier: Apache-2.0
"""A cgroup (v1) whose memory or processor time is limited, for what is to run out of it."""
import contextlib
import os
import tempfile

import harness

NEEDS = "needs the right to make a cgroup (v1)"


def root(controller):
    return f"/sys/fs/cgroup/{controller}"


def is_allowed(controller):
    return os.access(root(controller), os.W_OK)


def is_whole():
    """Whether all groups are where /proc/PID/cgroup has them: in a container without a cgroup namespace they are not."""
    with open("/proc/self/cgroup") as file:
        paths = [line.rstrip("\n").split(":", 2)[2] for line in file if "memory" in line.split(":", 2)[1].split(",")]
    return bool(paths) and os.path.isdir(root("memory") + paths[0])


def write(folder, name, value):
    with open(os.path.join(folder, name), "w") as file:
        file.write(str(value))


@contextlib.contextmanager
def made(controller, limits):
    """The folder of a group, which is removed as soon as it is empty.

    limits: the content of its files, in the order to be written.
    """
    folder = tempfile.mkdtemp(prefix="libtrace-", dir=root(controller))
    try:
        for name, value in limits.items():
            write(folder, name, value)
        yield folder
    finally:
        harness.wait_until(lambda: removed(folder), 60, "an empty group")


def removed(folder):
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def memory(limit_bytes, as_container=False):
    """What to put before a command for it to run in such a group.

    as_container: it sees the group where a container sees its own.
    """
    with made("memory", {"memory.limit_in_bytes": limit_bytes}) as folder:
        enter = f"echo $$ > {folder}/cgroup.procs"
        if as_container:
            yield ["unshare", "-m", "sh", "-c", f'{enter}; mount --bind {folder} {root("memory")}; exec "$@"', "sh"]
        else:
            yield ["sh", "-c", f'{enter}; exec "$@"', "sh"]


@contextlib.contextmanager
def processor(share, pid):
    """A running process has no more than a share of one processor, in slices as short as the kernel lets them be.

    Gives a function: the seconds for which it has been kept from it.
    """
    slice_us = 1000
    limits = {"cpu.cfs_period_us": int(slice_us / share), "cpu.cfs_quota_us": slice_us, "cgroup.procs": pid}
    with made("cpu", limits) as folder:
        try:
            yield lambda: throttled_seconds(folder)
        finally:
            write(root("cpu"), "cgroup.procs", pid)


def throttled_seconds(folder):
    with open(os.path.join(folder, "cpu.stat")) as file:
        return int(dict(map(str.split, file))["throttled_time"]) / 1e9
