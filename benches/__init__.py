"""One bench file a public claim; `README.md` says how to run them.

bench_*.py     a claim: its question, workload, rivals, and what is left out
work.py        what a claim is made of: Work, Contender, Measure
methods.py     a work of many methods, a row each
workloads.py   the data that all contenders log
contenders.py  opening each library's writer
timing.py      the loops under the clock, and what the process used meanwhile
peers.py       what the kernels' benches share
judge.py       is what was written right? no number without it
harness.py     runs the contenders of a work side by side: a process each, order shuffled, repeated
child.py       that process
machine.py     where a number comes from: CPU, kernel, versions, commit, active kernels, file system
report.py      `python -m benches.report`: tables and a plot under results/
units.py       numbers with units
render.py      numbers as Markdown and as a picture
conftest.py    the same works under pytest-benchmark
"""
