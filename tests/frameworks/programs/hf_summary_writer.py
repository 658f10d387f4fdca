"""HFSummaryWriter, with the part that talks to the hub replaced: what is left is the writer."""

from unittest import mock

from huggingface_hub import HFSummaryWriter, _tensorboard_logger

with (
    mock.patch.object(_tensorboard_logger, "CommitScheduler") as scheduler,
    mock.patch.object(_tensorboard_logger, "ModelCard"),
    HFSummaryWriter("nobody/nothing", logdir="logs/hub", commit_every=15) as writer,
):
    for step in range(3):
        writer.add_scalar("a/b", 1 / (step + 1), step)
    writer.add_text("note", "hello")
assert scheduler.call_args.kwargs["folder_path"] == "logs/hub"
