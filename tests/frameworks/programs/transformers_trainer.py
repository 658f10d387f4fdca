"""A language model of a few hundred weights, made from a config; nothing is downloaded."""

import os

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

os.environ["TENSORBOARD_LOGGING_DIR"] = "logs/run"
set_seed(5)
model = GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=2, n_embd=16, vocab_size=32, n_positions=16))
rows = torch.randint(0, 32, (24, 8), generator=torch.Generator().manual_seed(1))
data = [{"input_ids": row, "labels": row} for row in rows]
arguments = TrainingArguments(
    "out", report_to=["tensorboard"], logging_steps=1, logging_first_step=True, max_steps=6, seed=5,
    per_device_train_batch_size=4, eval_strategy="steps", eval_steps=3, save_strategy="no", use_cpu=True,
    disable_tqdm=True,
)  # fmt: skip
trainer = Trainer(model, arguments, train_dataset=data, eval_dataset=data[:8])
trainer.train()
