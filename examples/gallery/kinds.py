"""Every kind that TensorBoard shows, each logged by a function of a few lines.

These are the lines that docs/gallery.md quotes; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pictures
from pictures import SAMPLE_RATE, enlarged
from training import Digits, Epoch, Setting, Step

from ringboard import SummaryWriter


def log_scalars(writer: SummaryWriter, step: Step) -> None:
    writer.add_scalar("train/loss", step.loss, step.number)
    writer.add_scalar("train/accuracy", step.accuracy, step.number)
    writer.add_scalar("train/grad_norm", step.grad_norm, step.number)


def log_metrics(writer: SummaryWriter, epoch: Epoch) -> None:
    by_digit = epoch.accuracy_by_digit
    writer.log(  # several scalars in one event
        {
            "valid/loss": epoch.valid_loss,
            "valid/accuracy": epoch.accuracy,
            "valid/worst_digit": by_digit.min(),
            "valid/best_digit": by_digit.max(),
        },
        epoch.step,
    )


def log_scalars_together(writer: SummaryWriter, epoch: Epoch) -> None:
    losses = {"train": epoch.train_loss, "valid": epoch.valid_loss}
    writer.add_scalars("loss", losses, epoch.step)


def log_layout(writer: SummaryWriter) -> None:
    accuracies = ["valid/accuracy", "valid/worst_digit", "valid/best_digit"]
    layout = {
        "learning": {
            "loss, training and validation": ["Multiline", ["train/loss", "valid/loss"]],
            "accuracy, from the worst digit to the best": ["Margin", accuracies],
        }
    }
    writer.add_custom_scalars(layout)


def log_histograms(writer: SummaryWriter, epoch: Epoch, model: Any) -> None:
    for name, parameter in model.named_parameters():
        writer.add_histogram(f"weights/{name}", parameter, epoch.step)
        writer.add_histogram(f"gradients/{name}", parameter.grad, epoch.step)


def log_images(writer: SummaryWriter, epoch: Epoch, digits: Digits, model: Any) -> None:
    writer.add_images("digits/some", enlarged(digits.images[:40], 6), epoch.step)
    writer.add_images("digits/misread", pictures.misread(digits, epoch), epoch.step)
    writer.add_images("filters/conv1", pictures.filters(model), epoch.step)


def log_boxes(writer: SummaryWriter, epoch: Epoch, digits: Digits) -> None:
    sheet, boxes, indices = pictures.scene(digits, seed=0)
    read = [f"a {digit}" for digit in epoch.read[indices].tolist()]
    writer.add_image_with_boxes("digits/found", sheet, boxes, epoch.step, labels=read)


def log_figure(writer: SummaryWriter, epoch: Epoch) -> None:
    figure = pictures.confusion_figure(epoch.confusion)  # a matplotlib figure
    writer.add_figure("confusion", figure, epoch.step)


def log_video(writer: SummaryWriter, epochs: Sequence[Epoch]) -> None:
    frames = pictures.clusters(epochs)  # (1, T, 3, H, W) uint8
    writer.add_video("clusters/gif", frames, fps=6)
    writer.add_video("clusters/apng", frames, fps=6, format="apng")  # lossless


def log_audio(writer: SummaryWriter, losses: Sequence[float]) -> None:
    chord = pictures.plucked([220, 277.2, 329.6, 440, 554.4], seconds=3)  # (L, 2): stereo
    writer.add_audio("chord", chord, sample_rate=SAMPLE_RATE)
    writer.add_audio("the falling loss", pictures.sung(losses, seconds=4), sample_rate=SAMPLE_RATE)


def log_text(writer: SummaryWriter, epoch: Epoch) -> None:
    markdown = pictures.report(epoch)  # "**97.5%** of 360 digits …\n\n| digit | right | …"
    writer.add_text("report", markdown, epoch.step)


def log_graph(writer: SummaryWriter, model: Any, digits: Digits) -> None:
    writer.add_graph(model, digits.images[:1])


def log_pr_curves(writer: SummaryWriter, epoch: Epoch) -> None:
    for digit in range(10):
        is_it, probability = epoch.labels == digit, epoch.probabilities[:, digit]
        writer.add_pr_curve(f"digit/{digit}", is_it, probability, epoch.step)


def log_embedding(writer: SummaryWriter, epoch: Epoch, digits: Digits) -> None:
    labels, sprites = digits.labels.tolist(), pictures.sprites(digits)  # (N, 3, 30, 30)
    writer.add_embedding(epoch.hidden, labels, sprites, epoch.step, tag="hidden layer")


def log_meshes(writer: SummaryWriter, model: Any, epoch: Epoch, digits: Digits) -> None:
    vertices, colours, faces = pictures.loss_landscape(model, digits, seed=0)
    writer.add_mesh("loss landscape", vertices, colours, faces, config_dict=pictures.FROM_ABOVE)
    points, colours = pictures.cloud(epoch)
    writer.add_mesh("hidden layer", points, colours, config_dict=pictures.DOTS)  # no faces: a point cloud


def log_trial(writer: SummaryWriter, name: str, setting: Setting, epoch: Epoch) -> None:
    hparams = {
        "optimizer": setting.optimizer,
        "learning rate": setting.learning_rate,
        "width": setting.width,
    }
    results = {"hparam/accuracy": epoch.accuracy, "hparam/loss": epoch.valid_loss}
    writer.add_hparams(hparams, results, run_name=name)
