#!/usr/bin/env bash
# Writes gen/ anew from proto/. Works without network once the tools and the third-party protos are there.
#
#   tools/gen.sh            what `make gen` runs: one caller at a time, stale output goes
#   tools/gen.sh DIRECTORY  writes DIRECTORY instead of gen
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-gen}

mkdir -p third_party
exec 9>third_party/gen.lock
flock 9

tools/protos.sh
buf() { go tool -modfile=tools/go.mod buf "$@"; }

# Everything is written beside the target and then moved, so that an error in a proto leaves gen as it was.
work=$(mktemp -d third_party/.gen.XXXXXX)
trap 'rm -rf "$work"' EXIT
buf generate -o "$work"
if ! diff -rq "$work/gen" "$target" >/dev/null 2>&1; then
  rm -rf "$target"
  mv "$work/gen" "$target"
fi
