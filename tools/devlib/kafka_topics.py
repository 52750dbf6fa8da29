"""Topics and their records for people, through kcat and protoc."""

from __future__ import annotations

import re
import struct
import subprocess
import time

from devlib.errors import DevError
from devlib.workspace import ROOT

# What a topic's payload is; design.md section 4.
MESSAGES = {
    "config": ("pbx.events.v1.ConfigRecord", "pbx/events/v1/directory.proto"),
    "registrations": ("pbx.events.v1.RegistrationState", "pbx/events/v1/registration.proto"),
    "calls": ("pbx.events.v1.CallEvent", "pbx/events/v1/call.proto"),
}
# An HA1 is as good as the password.
SECRET = re.compile(r'(\bha1_\w+: )".*"')
# Time in ms, partition, offset, length of the key (-1: none); then the key, and the payload after its
# length in 32 bits, big-endian.
FORMAT = "%T %p %o %K\\n%k%R%s"


def show(broker: str, topic: str, follow: bool) -> int:
    if not topic:
        return subprocess.run(["kcat", "-b", broker, "-L"], check=False).returncode
    if topic not in MESSAGES:
        raise DevError(
            f"there is no decoder for the topic '{topic}'", hint=f"one of {', '.join(MESSAGES)}"
        )
    until = [] if follow else ["-e"]
    with subprocess.Popen(
        ["kcat", "-b", broker, "-C", "-t", topic, "-q", "-u", *until, "-f", FORMAT],
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdout
        while head := reader.stdout.readline():
            at_ms, partition, offset, key_length = (int(word) for word in head.split())
            key = reader.stdout.read(max(key_length, 0))
            (length,) = struct.unpack(">i", reader.stdout.read(4))
            payload = reader.stdout.read(max(length, 0))
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_ms / 1000))
            print(f"--- {topic}[{partition}]@{offset}  {when}  key {key.decode(errors='replace')}")
            print(_decoded(topic, payload), flush=True)
        return reader.wait()


def _decoded(topic: str, payload: bytes) -> str:
    if not payload:
        return "deleted"
    message, file = MESSAGES[topic]
    done = subprocess.run(
        ["protoc", f"--decode={message}", f"-I{ROOT / 'proto'}", file],
        input=payload,
        capture_output=True,
        check=False,
    )
    text = done.stdout.decode(errors="replace").rstrip()
    return SECRET.sub(r'\1"***"', text) or f"not a {message}: {len(payload)} bytes"
