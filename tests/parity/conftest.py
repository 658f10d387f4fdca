import pytest

from tests.parity.pair import Pair


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)
