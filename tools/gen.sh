#!/usr/bin/env bash
# Writes gen/ anew from proto/, and so drops what no proto stands behind any more.
# Needs no network once the tools and the third-party protos are there. Callers wait for each other.
#
#   tools/gen.sh        writes
#   tools/gen.sh -check writes nothing; fails and names the files that are not what proto/ says
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p third_party
exec 9>third_party/gen.lock
flock 9

tools/protos.sh

# Written beside gen/ and then moved, so that an error in a proto leaves gen/ as it was.
work=$(mktemp -d third_party/.gen.XXXXXX)
trap 'rm -rf "$work"' EXIT
go tool -modfile=tools/go.mod buf generate -o "$work"
if diff -rq gen "$work/gen" >"$work/differences" 2>&1; then
  exit 0
fi
if [[ ${1:-} == -check ]]; then
  sed "s#$work/gen#(new) gen#g" "$work/differences" >&2
  echo "gen/ is not what proto/ says: run make gen and commit gen/ with proto/" >&2
  exit 1
fi
rm -rf gen
mv "$work/gen" gen
