"""A TCP proxy that spoils a connection on command: between a service and what it stands on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable

PIECE = 65536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER that makes close() send a reset


class FaultProxy:
    """Listens at `listen` and forwards to `target`; runs on a thread of its own.

    As long as nothing is asked of it, it changes nothing. Faults last until heal(), and each method
    returns when the fault is in force. Thread-safe.
    """

    def __init__(self, listen: tuple[str, int], target: tuple[str, int]) -> None:
        self.listen = listen
        self.target = target
        self._loop = asyncio.new_event_loop()
        self._pairs: set[_Pair] = set()
        self._server: asyncio.Server | None = None
        self._delay = 0.0
        self._half_open = False
        self._garble_every = 0
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ask(self._open)

    def stop(self) -> None:
        """Everything is closed; the thread has ended."""
        if self._thread.is_alive():
            self._ask(self._shut)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        if not self._loop.is_running():
            self._loop.close()

    def cut(self) -> None:
        """All connections are reset and new ones refused, as when the host went away."""
        self._ask(self._shut)

    def drop(self) -> None:
        """All connections are reset once; new ones are welcome."""
        self._ask(self._drop)

    def delay(self, seconds: float) -> None:
        """Every piece of data, in both directions, comes that much later."""
        self._set(_delay=seconds)

    def half_open(self) -> None:
        """Connections stay and are accepted, but nothing comes through: a peer that lost power."""
        self._set(_half_open=True)

    def garble(self, every: int = 100) -> None:
        """One byte in `every` that the target says is another one."""
        self._set(_garble_every=every)

    def heal(self) -> None:
        """As new. What was swallowed while half open is lost, so those connections are reset."""
        lost = self._half_open
        self._set(_delay=0.0, _half_open=False, _garble_every=0)
        if lost:
            self.drop()
        self._ask(self._open)

    @property
    def connections(self) -> int:
        return len(self._pairs)

    def _set(self, **faults: object) -> None:
        async def change() -> None:
            for name, value in faults.items():
                setattr(self, name, value)

        self._ask(change)

    def _ask(self, what: Callable) -> None:
        asyncio.run_coroutine_threadsafe(what(), self._loop).result(10)

    async def _open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._take, *self.listen, reuse_address=True)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._drop()

    async def _drop(self) -> None:
        pairs = list(self._pairs)
        for pair in pairs:
            pair.reset()
        for pair in pairs:
            await pair.ended.wait()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = _Pair([writer])
        self._pairs.add(pair)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
            pair.writers.append(far_writer)
            pair.tasks = [
                asyncio.create_task(self._pump(reader, far_writer, spoilt=False)),
                asyncio.create_task(self._pump(far_reader, writer, spoilt=True)),
            ]
            if pair.doomed:
                pair.reset()
            await asyncio.gather(*pair.tasks, return_exceptions=True)
        except OSError:
            pair.reset()  # the target is away: so are we
        finally:
            pair.close()
            self._pairs.discard(pair)
            pair.ended.set()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, spoilt: bool
    ) -> None:
        """`spoilt`: the direction that garble() means."""
        count = 0
        with contextlib.suppress(OSError):
            while data := await reader.read(PIECE):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if self._half_open:
                    continue
                if spoilt and self._garble_every:
                    data, count = _garbled(data, self._garble_every, count)
                writer.write(data)
                await writer.drain()
        if not self._half_open:
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()


class _Pair:
    """One connection and its far half."""

    def __init__(self, writers: list[asyncio.StreamWriter]) -> None:
        self.writers = writers
        self.tasks: list[asyncio.Task] = []
        self.ended = asyncio.Event()
        self.doomed = False

    def reset(self) -> None:
        self.doomed = True
        for writer in self.writers:
            with contextlib.suppress(OSError, AttributeError):
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, RESET
                )
            writer.transport.abort()
        for task in self.tasks:
            task.cancel()

    def close(self) -> None:
        for writer in self.writers:
            writer.close()


def _garbled(data: bytes, every: int, count: int) -> tuple[bytes, int]:
    """`data` with the bytes turned whose place in the stream is a multiple of `every`."""
    spoilt = bytearray(data)
    for at in range((-count) % every, len(spoilt), every):
        spoilt[at] ^= 0x5A
    return bytes(spoilt), (count + len(data)) % every
