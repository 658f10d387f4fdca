import pytest

import ringboard.tensorboardX
from tests.parity.pair import Pair


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path, ringboard.tensorboardX.SummaryWriter, "tensorboardX")
