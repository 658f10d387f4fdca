"""The Trainer's TensorBoard callback, and HFSummaryWriter of its hub library."""

from tests.frameworks.both import need, run_both

# The Trainer adds times and rates to its last log and to each evaluation's.
RATES = [
    *(f"train/train_{name}" for name in ("runtime", "samples_per_second", "steps_per_second")),
    *(f"eval/{name}" for name in ("runtime", "samples_per_second", "steps_per_second")),
]


def test_trainer(tmp_path):
    need("transformers", "accelerate")
    run_both("transformers_trainer.py", tmp_path).check_same(by_the_clock=RATES)


def test_hub_writer(tmp_path):
    need("huggingface_hub")
    run_both("hf_summary_writer.py", tmp_path).check_same()
