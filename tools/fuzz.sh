#!/usr/bin/env bash
# Runs every fuzz target of the tree for a short while: tools/fuzz.sh 10s
set -euo pipefail
cd "$(dirname "$0")/.."

grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort | while IFS=: read -r file declaration; do
  target=${declaration#func }
  echo "== $(dirname "$file") $target"
  # Minimising an input of many kilobytes would take the whole time otherwise.
  go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-10s}" -fuzzminimizetime 10x "$(dirname "$file")"
done
