"""CRC-32C is the `crc32c` package's, over any bytes split anywhere."""

from __future__ import annotations

from itertools import pairwise

import crc32c as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringboard._native import crc32c
from tests.support.records import masked_crc


@settings(max_examples=300)
@given(st.binary(max_size=5000), st.lists(st.integers(0, 5000), max_size=6))
def test_any_split(data, cuts):
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    crc = 0
    for start, end in pairwise(places):
        crc = crc32c.extend(crc, data[start:end])
    assert crc == crc32c.value(data) == reference.crc32c(data)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 300_000), st.integers(0, 70), st.integers(0, 2**32 - 1))
def test_long_data_at_any_alignment(seed, length, offset, start):
    data = np.random.default_rng(seed).bytes(length + offset)
    view = memoryview(data)[offset:]
    assert crc32c.extend(start, view) == reference.crc32c(view, start)


def test_every_length_up_to_2000():
    data = np.random.default_rng(1).bytes(2000)
    for length in range(2001):
        assert crc32c.value(data[:length]) == reference.crc32c(data[:length])


@given(st.binary(max_size=200))
def test_masked_form(data):
    crc = crc32c.value(data)
    assert crc32c.mask(crc) == masked_crc(data)
    assert crc32c.unmask(crc32c.mask(crc)) == crc


def test_published_value():
    assert crc32c.value(b"123456789") == 0xE3069283


@pytest.mark.parametrize("data", [None, 5, "text"])
def test_what_it_refuses(data):
    with pytest.raises(TypeError):
        crc32c.value(data)
