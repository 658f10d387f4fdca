"""Each method with the arguments that torch's documentation shows, on values of our own."""

import keyword

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

rng = np.random.default_rng(0)
torch.manual_seed(0)
ramp = np.arange(40 * 50).reshape(40, 50) / 2000
red_green = np.stack([ramp, 1 - ramp, np.zeros_like(ramp)])

writer = SummaryWriter("logs/methods")
for n in range(20):
    writer.add_scalar("squares", n * n, n)
    writer.add_scalar("squares/stamped", n * n, n, 1.6e9 + n)
    writer.add_scalar("squares/new", n * n, n, new_style=True, double_precision=True)
    writer.add_scalars("waves", {"sin": np.sin(n / 3), "cos": np.cos(n / 3), "sum/both": n / 10}, n)
writer.add_tensor("three", torch.tensor([1, 2, 3]))
for n in range(5):
    writer.add_histogram("drifting", rng.normal(n, 1, 500), n)
    writer.add_histogram("drifting/auto", rng.normal(n, 1, 500), n, bins="auto")
    writer.add_histogram("drifting/few", torch.randn(500), n, max_bins=20)

values = np.repeat(np.arange(20) + 0.001, np.arange(20))
counts, limits = np.histogram(values, bins=np.arange(22))
writer.add_histogram_raw(
    tag="counted elsewhere", min=values.min(), max=values.max(), num=len(values), sum=values.sum(),
    sum_squares=values.dot(values), bucket_limits=limits[1:].tolist(), bucket_counts=counts.tolist(),
    global_step=0,
)  # fmt: skip

writer.add_image("ramps", red_green, 0)
writer.add_image("ramps/HWC", red_green.transpose(1, 2, 0), 0, dataformats="HWC")
writer.add_image("ramps/HW", ramp, 0, dataformats="HW")
writer.add_images("brighter", np.stack([red_green * n / 12 for n in range(12)]), 0)
writer.add_images("brighter/NHWC", np.stack([red_green.transpose(1, 2, 0)] * 3), 0, dataformats="NHWC")
boxes = torch.tensor([[5, 5, 20, 20], [10, 12, 45, 35]])
writer.add_image_with_boxes("boxed", torch.from_numpy(red_green), boxes, 1, labels=["a", "b"])
figure, axes = plt.subplots()
axes.plot([0, 1, 4, 9])
writer.add_figure("figure", figure, 3, close=True)
writer.add_audio("tone", torch.sin(torch.arange(4410) / 10).unsqueeze(0) * 0.9, 0, sample_rate=22050)
writer.add_text("optimizer", "Adam with *decay*", 0)
writer.add_text("optimizer", "| lr | batch |\n|---|---|\n| 0.1 | 8 |", 10)

net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
writer.add_graph(net, torch.rand(2, 4), verbose=False)

words = [f"{word}{n}" for n, word in enumerate((keyword.kwlist * 2)[:60])]
pictures = torch.rand(60, 3, 12, 12) * (torch.arange(60) / 60)[:, None, None, None]
writer.add_embedding(torch.randn(60, 5), metadata=words, label_img=pictures, global_step=0)
writer.add_embedding(torch.randn(60, 5), label_img=pictures, global_step=1)
writer.add_embedding(torch.randn(60, 5), metadata=words, global_step=2, tag="words")
pairs = [[word, len(word)] for word in words]
writer.add_embedding(torch.randn(60, 5), metadata=pairs, metadata_header=["word", "length"], tag="pairs")

writer.add_pr_curve("random", rng.integers(2, size=100), rng.random(100), 0)
writer.add_pr_curve("weighted", rng.integers(2, size=100), rng.random(100), 1, num_thresholds=50, weights=0.5)
counts = np.arange(6.0)
writer.add_pr_curve_raw("raw", counts, counts, counts, counts, counts / 10, counts / 10, 2, num_thresholds=6)

layout = {
    "Losses": {"both": ["Multiline", ["loss/train", "loss/test"]]},
    "Bands": {"a": ["Margin", ["a/mean", "a/low", "a/high"]], "b": ["Margin", ["b/mean", "b/low", "b/high"]]},
}
writer.add_custom_scalars(layout)
writer.add_mesh(
    "tetrahedron",
    vertices=torch.tensor([[[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]]], dtype=torch.float),
    colors=torch.tensor([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], dtype=torch.int),
    faces=torch.tensor([[[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]], dtype=torch.int),
    config_dict={"material": {"cls": "PointsMaterial", "size": 0.1}},
)
writer.flush()
writer.close()

with SummaryWriter("logs/oblong") as oblong:
    oblong.add_embedding(torch.randn(60, 5), metadata=words, label_img=torch.rand(60, 3, 10, 32))
with SummaryWriter("logs/charts") as charts:
    charts.add_custom_scalars_multilinechart(["loss/train", "loss/test"])
with SummaryWriter("logs/margin") as charts:
    charts.add_custom_scalars_marginchart(["a/mean", "a/low", "a/high"])
with SummaryWriter("logs/search") as search:
    for n in range(3):
        search.add_hparams(
            {"lr": 0.1 * n, "bsize": n, "opt": "sgd"}, {"hparam/accuracy": 10 * n, "hparam/loss": n}
        )
    search.add_hparams(
        {"lr": 0.5},
        {"hparam/loss": 1.0},
        hparam_domain_discrete={"lr": [0.1, 0.5]},
        run_name="named",
        global_step=4,
    )
with SummaryWriter("logs/continued", purge_step=5, filename_suffix=".second") as continued:
    continued.add_scalar("loss", 0.5, 5)
with SummaryWriter(comment="_LR_0.1") as default_directory:
    assert default_directory.log_dir.startswith("runs/")
    assert default_directory.log_dir.endswith("_LR_0.1")
    default_directory.add_scalar("loss", 0.5, 0)
