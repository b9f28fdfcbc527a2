#!/usr/bin/env bash
# Prints how much of each package named below the tests of the whole tree reach, and fails below the bound.
#
#   tools/cover.sh          runs the tests
#   tools/cover.sh PROFILE  takes a profile that a run with `tools/cover.sh -packages` in -coverpkg has written
set -euo pipefail
cd "$(dirname "$0")/.."

# What others must be able to trust without reading it: the ledger, the exchange, identities, seals.
packages=(./certs ./certs/seal ./server/ledger ./server/exchange)
bound=85

covered=$(IFS=,; echo "${packages[*]}")
if [[ ${1:-} == -packages ]]; then
  echo "$covered"
  exit
fi

profile=${1:-}
if [[ -z $profile ]]; then
  mkdir -p cover
  profile=cover/cover.out
  go test -coverpkg="$covered" -coverprofile="$profile" ./...
fi

# A profile names each block once for every test binary: "file:start,end statements count".
awk -v bound="$bound" -v module="$(go list -m)" -v packages="${packages[*]}" '
  NR > 1 {
    statements[$1] = $2
    if ($3 > 0) reached[$1] = 1
  }
  END {
    for (block in statements) {
      package = block
      sub(/\/[^\/]*$/, "", package)
      total[package] += statements[block]
      if (block in reached) hit[package] += statements[block]
    }
    count = split(packages, name, " ")
    for (i = 1; i <= count; i++) {
      package = module substr(name[i], 2)
      percent = total[package] ? 100 * hit[package] / total[package] : 0
      low = percent < bound
      failed += low
      printf "%-20s %6.1f %%  of %d statements%s\n", substr(name[i], 3), percent, total[package], low ? "  below " bound " %" : ""
    }
    exit failed > 0
  }' "$profile"
