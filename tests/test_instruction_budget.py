"""benches.instructions: what the counts depend on is told whatever the compiler is called."""

from __future__ import annotations

import shutil

import pytest

from benches.instructions import toolchain


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")
def test_the_compiler_may_be_several_words(monkeypatch):
    monkeypatch.setenv("CXX", "g++")
    alone = toolchain()
    monkeypatch.setenv("CXX", "env LC_ALL=C g++")
    assert toolchain() == alone
    assert alone["compiler"].removeprefix("g++ ")[0].isdigit()
