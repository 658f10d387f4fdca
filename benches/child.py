"""One contender's run, in a process of its own: `python -m benches.child WORK CONTENDER …` by harness.py."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benches.harness import find_work
from benches.work import Case


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work")
    parser.add_argument("contender")
    parser.add_argument("--amount", type=int, required=True)
    parser.add_argument("--log-dir", type=Path, required=True)
    parser.add_argument("--ring-bytes", type=int)
    parser.add_argument("--out", type=Path, required=True, help="where the numbers go, as JSON")
    given = parser.parse_args()
    contender = find_work(given.work).contender(given.contender)
    found = contender.run(Case(given.amount, given.log_dir, given.ring_bytes))
    given.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
