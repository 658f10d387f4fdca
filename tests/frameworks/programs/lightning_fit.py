"""Trains for two epochs, goes on for a third from the checkpoint, in the same run."""

import copy
import pickle

import lightning as L
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Regressor(L.LightningModule):
    def __init__(self, width=8, lr=0.05, activation="tanh", bias=True):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(4, width, bias=bias), nn.Tanh(), nn.Linear(width, 1))
        self.example_input_array = torch.zeros(2, 4)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.mse_loss(self(x), y)
        self.log("train/loss", loss, on_step=True, on_epoch=True)
        self.log_dict({"train/max": y.max(), "train/min": y.min()})
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val/loss", nn.functional.mse_loss(self(x), y))
        self.log("hp_metric", nn.functional.l1_loss(self(x), y))

    def on_train_epoch_end(self):
        writer = self.logger.experiment
        for name, parameter in self.named_parameters():
            writer.add_histogram(name, parameter, self.current_epoch)
        writer.add_image("weights", self.net[0].weight[None].detach().sigmoid(), self.current_epoch)
        writer.add_text("epoch", f"epoch **{self.current_epoch}**", self.current_epoch)
        writer.add_scalars("both", {"epoch": self.current_epoch, "step": self.global_step}, self.global_step)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), self.hparams.lr)


def fit(epochs, checkpoint=None):
    L.seed_everything(7, verbose=False)
    x = torch.randn(32, 4)
    loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=8)
    logger = TensorBoardLogger("logs", name="exp", version=0, log_graph=True)
    trainer = L.Trainer(
        max_epochs=epochs, logger=logger, log_every_n_steps=1, accelerator="cpu", enable_progress_bar=False,
        enable_model_summary=False, default_root_dir="checkpoints",
        callbacks=[LearningRateMonitor(), ModelCheckpoint("checkpoints")],
    )  # fmt: skip
    trainer.fit(Regressor(), loader, loader, ckpt_path=checkpoint)
    return trainer


first = fit(2)
second = fit(3, first.checkpoint_callback.best_model_path)

# A logger travels to other processes by pickle, and goes on in the same run.
logger = second.logger
for copied in (copy.deepcopy(logger), pickle.loads(pickle.dumps(logger))):
    copied.log_metrics({"after/copy": 1.5}, step=100)
    copied.finalize("success")
