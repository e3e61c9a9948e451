#!/usr/bin/env bash
# clang-format 14 has nothing to change.
# usage: format.sh ROOT
set -euo pipefail
cd "$1"
find include lib plugin standalone tests/unit tests/tools -name '*.[ch]' -print0 2>/dev/null |
    xargs -0 clang-format-14 --dry-run --Werror
