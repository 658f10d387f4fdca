"""Every handler of Ignite's TensorBoardLogger."""

import torch
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers.tensorboard_logger import (
    GradsHistHandler,
    GradsScalarHandler,
    OptimizerParamsHandler,
    TensorboardLogger,
    WeightsHistHandler,
    WeightsScalarHandler,
    global_step_from_engine,
)
from ignite.metrics import Accuracy, Loss
from torch import nn

torch.manual_seed(4)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
data = [(torch.randn(8, 4), torch.randint(0, 3, (8,))) for _ in range(5)]
trainer = create_supervised_trainer(model, optimizer, nn.CrossEntropyLoss())
metrics = {"accuracy": Accuracy(), "loss": Loss(nn.CrossEntropyLoss())}
evaluator = create_supervised_evaluator(model, metrics)
trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda _: evaluator.run(data))

with TensorboardLogger(log_dir="logs/ignite") as logger:
    logger.attach_output_handler(
        trainer, Events.ITERATION_COMPLETED, tag="train", output_transform=lambda loss: {"loss": loss}
    )
    logger.attach_output_handler(
        evaluator, Events.EPOCH_COMPLETED, tag="val", metric_names="all",
        global_step_transform=global_step_from_engine(trainer),
    )  # fmt: skip
    logger.attach_opt_params_handler(trainer, Events.ITERATION_STARTED, optimizer=optimizer)
    logger.attach(trainer, OptimizerParamsHandler(optimizer, "momentum"), Events.EPOCH_STARTED)
    for handler in (WeightsScalarHandler, WeightsHistHandler, GradsScalarHandler, GradsHistHandler):
        logger.attach(trainer, handler(model, tag="net"), Events.EPOCH_COMPLETED)
    trainer.run(data, max_epochs=2)
    logger.add_scalar("forwarded/by getattr", 1.0, 7)
