"""python -m tests.cases FILE.jsonl: one JSON line a case, then a summary.

Exit code 1 if a case fails, 2 if the file cannot be read.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from tests.cases.runner import run


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.cases FILE.jsonl\n")
        return 2
    try:
        text = Path(arguments[0]).read_text(encoding="utf-8")
        cases = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 2
    count: Counter[str] = Counter()
    for result in map(run, cases):
        count[result.result] += 1
        sys.stdout.write(json.dumps(result.line(), ensure_ascii=False) + "\n")
    passed, failed, skipped = (count[w] for w in ("pass", "fail", "unsupported"))
    sys.stdout.write(f"{passed} passed, {failed} failed, {skipped} skipped\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
