"""Weights & Biases with sync_tensorboard, offline: what its run's file holds is in seen.json."""

import importlib
import json
import os
import struct
import sys
import time

os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
import wandb
from wandb.proto.wandb_internal_pb2 import Record

_BLOCK, _FILE_HEADER = 32768, 7


def records(path):
    """The protobufs of a .wandb file: a LevelDB log (blocks of records: CRC, length, kind) behind 7 bytes."""
    with open(path, "rb") as file:
        data = file.read()
    at, parts = _FILE_HEADER, []
    while at + 7 <= len(data):
        if _BLOCK - at % _BLOCK < 7:  # a block's end that holds no header is filled up
            at += _BLOCK - at % _BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        if at + 7 + length > len(data):
            return
        parts.append(data[at + 7 : at + 7 + length])
        at += 7 + length
        if kind in (1, 4):  # whole, or its last part
            yield Record.FromString(b"".join(parts))
            parts.clear()


# A machine that runs other work besides must not fail it.
settings = wandb.Settings(console="off", x_service_wait=200, init_timeout=200)
run = wandb.init(project="p", dir=".", sync_tensorboard=True, settings=settings)
path = run.settings.sync_file
if "late" in sys.argv:
    import ringboard

    ringboard.install()
for package in ("torch.utils.tensorboard", "tensorboardX"):
    with importlib.import_module(package).SummaryWriter(f"logs/{package}") as writer:
        for step in range(5):
            writer.add_scalar(f"loss of {package}", 1 / (step + 1), step)
wandb.finish()

# Its service process may still be writing when finish() returns; the last record is of the kind "exit".
deadline = time.monotonic() + 60
while "exit" not in [record.WhichOneof("record_type") for record in records(path)]:
    assert time.monotonic() < deadline, "the run's file has no end"
    time.sleep(0.05)
seen = []
for record in records(path):
    if record.WhichOneof("record_type") == "history":
        values = {item.key or "/".join(item.nested_key): item.value_json for item in record.history.item}
        step = values.pop("global_step", None)
        seen += [f'"{key}": {value} at {step}' for key, value in values.items() if key[0] != "_"]
with open("seen.json", "w") as file:
    json.dump(sorted(seen), file)
