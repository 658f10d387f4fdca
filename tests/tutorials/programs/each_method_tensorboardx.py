"""Each method with the arguments that tensorboardX's documentation shows, on values of our own."""

import numpy as np
import torch
from tensorboardX import GlobalSummaryWriter, SummaryWriter

rng = np.random.default_rng(1)
torch.manual_seed(1)
ramp = np.arange(40 * 50).reshape(40, 50) / 2001
red_green = np.stack([ramp, 1 - ramp, np.zeros_like(ramp)])

writer = SummaryWriter("logs/methods")
for n in range(20):
    writer.add_scalar("squares", n * n, n)
    writer.add_scalar("named", n, n, display_name="a name", summary_description="what it *means*")
    writer.add_scalars("waves", {"sin": np.sin(n / 3), "cos": np.cos(n / 3)}, n)
writer.export_scalars_to_json("logs/scalars.json")
for n in range(5):
    writer.add_histogram("drifting", rng.normal(n, 1, 500), n)
values = np.repeat(np.arange(12) + 0.001, np.arange(12))
counts, limits = np.histogram(values)
writer.add_histogram_raw(
    tag="counted elsewhere", min=values.min(), max=values.max(), num=len(values), sum=values.sum(),
    sum_squares=values.dot(values), bucket_limits=limits[1:].tolist(), bucket_counts=counts.tolist(),
    global_step=0,
)  # fmt: skip
writer.add_image("ramps", red_green, 0)
writer.add_image("ramps HWC", red_green.transpose(1, 2, 0), 0, dataformats="HWC")
writer.add_images("brighter", np.stack([red_green * n / 12 for n in range(12)]), 0)
writer.add_text("optimizer", "Adam", 0)
pictures = torch.rand(30, 3, 16, 16)
words = [f"word {n}" for n in range(30)]
writer.add_embedding(torch.randn(30, 5), metadata=words, label_img=pictures, global_step=0)
writer.add_pr_curve("random", rng.integers(2, size=100), rng.random(100), 0)
writer.add_custom_scalars({"Losses": {"both": ["Multiline", ["loss/train", "loss/test"]]}})
with writer.use_metadata(global_step=7):
    writer.add_scalar("with metadata", 1.0)
writer.close()

with SummaryWriter("logs/search") as search:
    for n in range(3):
        search.add_hparams({"lr": 0.1 * n, "bsize": n, "nested": True}, {"hparam/loss": n}, f"run{n}")
with SummaryWriter(logdir="logs/nowhere", write_to_disk=False) as nowhere:
    nowhere.add_scalar("lost", 1.0, 1)
everywhere = GlobalSummaryWriter("logs/global")
for n in range(3):
    everywhere.add_scalar("counted", n)
everywhere.close()
