"""Many processes that log: ranks under torchrun, workers of a DataLoader."""

import pytest

from tests.frameworks.both import run_both
from tests.scripts import run_script
from tests.support.events import scalars


def test_torchrun_with_two_ranks(tmp_path):
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    run_both("two_ranks.py", tmp_path, launcher=launcher).check_same()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_loader_workers(tmp_path, start):
    run_both("loader_workers.py", tmp_path, start).check_same()


def test_loader_workers_share_their_parents_writer(tmp_path):
    """Nobody flushes or closes in a worker.  With torch's writer the workers hang at their eleventh event."""
    run_script(
        """
        import sys, torch
        from torch.utils.data import DataLoader, Dataset
        from ringboard import SummaryWriter

        writer = SummaryWriter(sys.argv[1])

        class Numbers(Dataset):
            def __len__(self):
                return 100
            def __getitem__(self, index):
                writer.add_scalar("loaded", index, index)
                return index

        total = 0
        for batch in DataLoader(Numbers(), batch_size=5, num_workers=2):
            total += int(batch.sum())
        writer.add_scalar("total", total, 100)
        """,
        tmp_path,
    )
    (found,) = scalars(tmp_path).values()
    assert sorted(found["loaded"]) == [(index, float(index)) for index in range(100)]
    assert found["total"] == [(100, 4950.0)]
