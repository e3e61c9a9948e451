#!/usr/bin/env bash
# Every script parses, and every case of the end-to-end suite is registered.
# usage: commands.sh ROOT
set -euo pipefail
cd "$1"
for f in scripts/demo scripts/install scripts/test .ci/run tests/checks/*.sh; do
    bash -n "$f"
done
diff <(ls tests/e2e/cases) tests/e2e/cases.list
