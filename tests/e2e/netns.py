"""Network namespaces of a test's own, with cables between them and a NAT."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deadline import until
from devlib.process import end_with_parent

CLONE_NEWNET = 0x40000000
LONGEST = "3600"  # seconds that a namespace lives when nobody ends it


def missing() -> str:
    """Why there can be no namespaces with a NAT here; empty: there can."""
    if os.geteuid() != 0:
        return "making a network namespace needs root"
    absent = [tool for tool in ("ip", "nft", "nsenter", "unshare") if not shutil.which(tool)]
    if absent:
        return f"not installed: {', '.join(absent)} (tools/install_deps.sh test)"
    script = "nft add table ip nat && nft 'add chain ip nat post { type nat hook postrouting priority 100; }'"
    tried = subprocess.run(
        ["unshare", "-n", "sh", "-c", f"{script} && nft add rule ip nat post masquerade"],
        capture_output=True,
        text=True,
    )
    return "" if tried.returncode == 0 else f"the kernel gives no NAT: {tried.stderr.strip()[-200:]}"


class Namespace:
    """Lives as long as a process of ours in it; a context manager."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "-n", "sleep", LONGEST], preexec_fn=end_with_parent
        )
        own = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink(self._file) != own, "a new network namespace")
        self.run("ip", "link", "set", "lo", "up")

    @property
    def _file(self) -> str:
        return f"/proc/{self._holder.pid}/ns/net"

    def __enter__(self) -> "Namespace":
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.wait()

    def run(self, *argv: str, stdin: str = "") -> None:
        subprocess.run(
            ["nsenter", "-t", str(self._holder.pid), "-n", *argv],
            check=True,
            input=stdin,
            text=True,
        )

    def set(self, name: str, value: str) -> None:
        """A kernel setting of this namespace, `net.ipv4.ip_forward`."""
        with self.inside():
            Path("/proc/sys", *name.split(".")).write_text(value)

    def cable(self, name: str, address: str, other: "Namespace", its: str, its_address: str) -> None:
        """A pair of interfaces between two namespaces."""
        peer = ("peer", "name", its, "netns", str(other._holder.pid))
        self.run("ip", "link", "add", name, "type", "veth", *peer)
        for space, interface, at in ((self, name, address), (other, its, its_address)):
            space.run("ip", "address", "add", at, "dev", interface)
            space.run("ip", "link", "set", interface, "up")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What this thread opens and starts meanwhile belongs to the namespace, for life."""
        with open("/proc/self/ns/net", "rb") as back, open(self._file, "rb") as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(back.fileno())


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
