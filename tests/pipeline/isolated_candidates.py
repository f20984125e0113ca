"""Candidates that are made in a process of their own. What they take they write into the file that TAKEN names."""

import json
import logging
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.delivery import Delivery


class Writing:
    def __init__(self) -> None:
        self._taken = open(os.environ["TAKEN"], "ab", buffering=0)  # noqa: SIM115, PTH123 - as long as the process

    def take(self, deliveries: Sequence[Delivery]) -> object:
        for each in deliveries:
            self.do(each)
            self._taken.write(each.body + b"\n")
        return None

    def do(self, delivery: Delivery) -> None:
        pass


class Tempered(Writing):
    """Does what the body says."""

    def do(self, delivery: Delivery) -> None:
        Path(os.environ["TAKEN"] + ".begun").write_bytes(delivery.body)
        match delivery.body:
            case b"hang":
                time.sleep(3600)
            case b"spin":
                while True:
                    pass
            case b"die":
                os._exit(1)
            case b"raise":
                raise ValueError("secret text")
            case b"exit":
                sys.exit(3)
            case b"eat":
                eaten = []
                while True:
                    eaten.append(bytearray(1 << 20))
            case b"print":
                print("this goes nowhere")
                logging.getLogger().error("this is said")


class Away(Writing):
    """A store that is away for the first attempts, counted across processes."""

    def take(self, deliveries: Sequence[Delivery]) -> object:
        attempts = Path(os.environ["TAKEN"] + ".attempts")
        with attempts.open("a") as file:
            file.write("x")
        if attempts.stat().st_size < 4:
            raise StoreError("away", hint="wait")
        return super().take(deliveries)


class Telling(Writing):
    """Writes down what process this is, and what came."""

    def do(self, delivery: Delivery) -> None:
        legacy = delivery.legacy
        told = {
            "nice": os.nice(0),
            "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
            "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
            "descriptors": sorted(
                str(Path(f"/proc/self/fd/{each}").readlink()).split(":")[0] for each in _descriptors()
            ),
            "session": os.getsid(0) == os.getpid(),
            "instance": delivery.instance,
            "headers": delivery.headers,
            "received_at": delivery.received_at.isoformat(),
            "legacy": None if legacy is None else [legacy.response, legacy.error, legacy.seconds],
        }
        self._taken.write(json.dumps(told).encode() + b"\n")


def _descriptors() -> list[str]:
    return [each for each in os.listdir("/proc/self/fd") if Path(f"/proc/self/fd/{each}").exists()]  # noqa: PTH208


def cannot_be_made() -> Writing:
    raise RuntimeError("secret text")
