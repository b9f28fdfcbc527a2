#!/usr/bin/env bash
# Fetches the third-party protos that ours import into third_party/proto.
# Does nothing, and needs no network, when the versions named here are already there. Callers wait for each other.
set -euo pipefail
cd "$(dirname "$0")/.."

# google/api and google/rpc, from npm; the hash is that of the package file.
google=google-proto-files@6.0.1
google_sha512=7dbbd4595361deb286955156c2550d17b4a4d536a1d1af3dab4dab2d35ec5a36ca28719eb944406bcb65f6bbeee53c969f2d58892228e5e0ea176eb44da8babd
# buf/validate, from the Go module proxy; the hash is written as in a go.sum.
validate=github.com/bufbuild/protovalidate@v1.2.2
validate_sum=h1:2H/9/Kr97etSRqW3IJjTTb09z+zutkK2GDhDRbOnqr4=

mkdir -p third_party
exec 8>third_party/protos.lock
flock 8

want="$google $validate"
stamp=third_party/proto/VERSION
if [[ -f $stamp && $(<"$stamp") == "$want" ]]; then
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/proto/google/api" "$work/proto/google/rpc" "$work/proto/buf/validate"

command -v npm >/dev/null || {
  echo "make gen: npm is needed once, to fetch $google: install npm, then run this again" >&2
  exit 1
}
tarball=$(cd "$work" && npm pack --silent "$google")
got=$(sha512sum "$work/$tarball" | cut -d' ' -f1)
[[ $got == "$google_sha512" ]] || { echo "make gen: $google has sha512 $got, want $google_sha512" >&2; exit 1; }
tar -xzf "$work/$tarball" -C "$work" package/google/api package/google/rpc
for name in annotations field_behavior field_info http httpbody resource; do
  cp "$work/package/google/api/$name.proto" "$work/proto/google/api/"
done
for name in code error_details status; do
  cp "$work/package/google/rpc/$name.proto" "$work/proto/google/rpc/"
done

module=$(go mod download -json "$validate")
field() { sed -n "s/^\t\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" <<<"$module"; }
got=$(field Sum)
[[ $got == "$validate_sum" ]] || { echo "make gen: $validate has sum $got, want $validate_sum" >&2; exit 1; }
cp "$(field Dir)/proto/protovalidate/buf/validate/validate.proto" "$work/proto/buf/validate/"
chmod -R u+w "$work/proto"

echo "$want" >"$work/proto/VERSION"
rm -rf third_party/proto
mv "$work/proto" third_party/proto
