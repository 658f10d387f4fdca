"""A short PPO run, with each kind of value that SB3's logger hands to TensorBoard."""

import matplotlib.pyplot as plt
import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Figure, HParam, Image


class Extras(BaseCallback):
    def _on_training_start(self):
        hparams = {"algorithm": "PPO", "rate": 0.0003, "gamma": 0.99}
        metrics = {"rollout/ep_len_mean": 0, "train/value_loss": 0.0}
        self.logger.record("hparams", HParam(hparams, metrics), exclude=("stdout", "log", "json", "csv"))

    def _on_rollout_end(self):
        figure, axes = plt.subplots(figsize=(2, 2))
        axes.plot([1, 2, self.num_timesteps / 100])
        self.logger.record("extra/figure", Figure(figure, close=True), exclude=("stdout",))
        pixels = np.full((8, 6, 3), self.num_timesteps % 256, np.uint8)
        self.logger.record("extra/image", Image(pixels, "HWC"), exclude=("stdout",))
        self.logger.record("extra/values", self.model.policy.action_net.weight.detach(), exclude=("stdout",))
        self.logger.record("extra/note", f"after {self.num_timesteps}")

    def _on_step(self):
        return True


model = PPO(
    "MlpPolicy",
    "CartPole-v1",
    n_steps=64,
    batch_size=32,
    n_epochs=2,
    seed=0,
    device="cpu",
    tensorboard_log="logs",
)
model.learn(192, tb_log_name="first", callback=Extras())
model.learn(64, tb_log_name="first", reset_num_timesteps=False)
model.learn(64, tb_log_name="first", reset_num_timesteps=True)
