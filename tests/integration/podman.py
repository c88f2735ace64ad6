# SPDX-License-Identifier: Apache-2.0
"""podman with a storage, a configuration and networks of its own, which any runtime and any control groups can serve."""
import os
import shutil
import subprocess
import unittest

import harness

RUN = "/run/containers"
BACKENDS = ("/usr/lib/podman", "/usr/libexec/podman")


def why_not():
    """Why there can be no container here; None: there can be one."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("podman"):
        return "needs podman"
    if harness.SANITIZED:
        return "a sanitizer's programs have libraries of its own"
    return None


def why_no_names():
    """Why containers cannot find each other by name here; None: they can."""
    for program in ("netavark", "aardvark-dns"):
        if not any(os.path.exists(f"{folder}/{program}") for folder in BACKENDS):
            return f"needs {program}"
    return None


def enter_own_run():
    """Gives this process, and what it starts, a folder of its own for the state of networks, which podman keeps in one
    place of the machine: the name server of another test that runs would be taken for this one's."""
    os.makedirs(RUN, exist_ok=True)
    try:
        harness.mount_for_itself("tmpfs", RUN, "tmpfs")
    except OSError as error:
        raise unittest.SkipTest(f"cannot have {RUN} of its own: {error.strerror}") from None


class Podman:
    def __init__(self, folder):
        self.folder = folder
        runtime = "crun" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") and shutil.which("crun") else "runc"
        self.environment = {**os.environ, "CONTAINERS_CONF": f"{folder}/containers.conf",
                            "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
                            "DISABLE_HC_SYSTEMD": "true"}  # health checks are run by hand
        network = "" if why_no_names() else f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{folder}/networks"\n'
        with open(f"{folder}/containers.conf", "w") as file:
            file.write('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\n'
                       f'runtime = "{runtime}"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n{network}')
        with open(f"{folder}/storage.conf", "w") as file:
            file.write(f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n')

    def podman(self, *arguments, **options):
        return subprocess.run(["podman", *arguments], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60 * harness.SLOWNESS, **options)

    def remove(self):
        self.podman("rm", "--all", "--force")
        with open("/proc/self/mounts") as mounts:  # some podmans leave a container's /dev/shm
            left = [path for _, path, *_ in map(str.split, mounts) if path.startswith(f"{self.folder}/")]
        for path in left:
            subprocess.run(["umount", "--lazy", path], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)
