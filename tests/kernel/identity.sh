#!/bin/sh
# In place of `reap gc` in the hook: vmlinux.o as it is. What the collected kernel is held against.
while [ $# -gt 2 ] && [ "$1" != -o ]; do shift; done
cp "$3" "$2"
