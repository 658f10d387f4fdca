"""tensorboardX.comet_utils: its options are accepted; nothing is sent to Comet."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any


class CometLogger:
    """Stands where tensorboardX has its connection to Comet, and says that there is none.

    Args:
        comet_config: tensorboardX's options; {"disabled": False} asks for a connection.
    """

    def __init__(self, comet_config: Mapping[str, Any] | None = None) -> None:
        self._comet_config = {"disabled": True} if comet_config is None else comet_config
        if self._comet_config.get("disabled", True) is False:
            warnings.warn(
                "comet_config: nothing is sent to Comet; upload the log dir's event files instead "
                "(comet upload does), or log to Comet beside this writer",
                RuntimeWarning,
                stacklevel=3,
            )

    def end(self) -> None:
        """Nothing is open."""
