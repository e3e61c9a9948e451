#!/usr/bin/env bash
# Every header compiles alone; the public ones also as pedantic C11 and as C++.
# usage: headers.sh ROOT
set -uo pipefail
cd "$1"
bad=0
for h in include/reap/*.h; do
    gcc -std=c11 -pedantic-errors -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c "$h" || bad=1
    g++ -std=c++17 -pedantic-errors -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c++ "$h" || bad=1
done
for h in lib/*/*.h; do
    gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -Ilib -fsyntax-only -x c "$h" || bad=1
done
exit $bad
