"""Without any deep learning library: scikit-learn's estimators, followed with tensorboardX."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import ConfusionMatrixDisplay, classification_report, log_loss
from sklearn.model_selection import train_test_split
from tensorboardX import SummaryWriter

data, target = load_digits(return_X_y=True)
x, x_test, y, y_test = train_test_split(data / 16, target, random_state=0)
for alpha in (1e-4, 1e-2):
    model = SGDClassifier(loss="log_loss", alpha=alpha, random_state=0)
    with SummaryWriter(f"logs/alpha_{alpha}") as writer:
        for epoch in range(5):
            model.partial_fit(x, y, classes=np.arange(10))
            chances = model.predict_proba(x_test)
            writer.add_scalar("loss", log_loss(y_test, chances), epoch)
            writer.add_scalar("accuracy", model.score(x_test, y_test), epoch)
            writer.add_histogram("coefficients", model.coef_, epoch)
            writer.add_histogram("intercepts", model.intercept_, epoch, bins="auto")
        guesses = model.predict(x_test)
        writer.add_text("report", "    " + classification_report(y_test, guesses).replace("\n", "\n    "))
        figure, axes = plt.subplots(figsize=(4, 4))
        ConfusionMatrixDisplay.from_predictions(y_test, guesses, ax=axes, colorbar=False)
        writer.add_figure("confusion", figure)
        scaled = (model.coef_ - model.coef_.min()) / np.ptp(model.coef_)
        writer.add_images("weights", scaled.reshape(10, 1, 8, 8))
        for digit in range(10):
            writer.add_pr_curve(f"digit {digit}", y_test == digit, chances[:, digit])
        writer.add_embedding(x_test[:50], metadata=y_test[:50].tolist())
        writer.add_hparams(
            {"alpha": alpha, "loss": model.loss}, {"final/accuracy": model.score(x_test, y_test)}, "hp"
        )
