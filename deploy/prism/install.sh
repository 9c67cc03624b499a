#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Prism, Beam's portable runner for one machine, in the folder in which onrecord looks for it.
# Needs Go. The sources come from Go's module proxy; their checksums are in Beam's go.sum, and Beam's own is in deploy/prism/go.sum.
# Usage: deploy/prism/install.sh [PYTHON]. PYTHON must have onrecord installed; Prism has the version of its Beam.
set -euo pipefail

sums=$(dirname "$0")/go.sum
{ read -r version; read -r folder; read -r package; } < <("${1:-python}" -c '
from onrecord.runners import prism
print(prism.BEAM_VERSION, prism.cache(), prism.MODULE, sep="\n")' 2>/dev/null) \
  || { echo "${1:-python} has no onrecord; give a Python that has it: deploy/prism/install.sh .venv/bin/python" >&2; exit 1; }

if [[ -x $folder/prism ]]; then
  echo "$folder/prism already exists"
  exit 0
fi
if ! command -v go >/dev/null; then
  echo "Go was not found; Prism is built with it: https://go.dev/doc/install" >&2
  exit 1
fi
if ! grep -q " v$version " "$sums"; then
  echo "$sums has no checksum of version $version; add the one that 'go mod download -json ${package%/go/cmd/prism}@v$version' prints" >&2
  exit 1
fi
echo "== building Prism $version in $folder (two minutes, 70 MB; Go's caches need 1.7 GB)"
unfinished=$(mktemp -d)
trap 'rm -rf "$unfinished"' EXIT
GOBIN=$unfinished go install "$package@v$version"
if ! go version -m "$unfinished/prism" | grep -qF "$(awk -v v="v$version" '$2 == v { print $3 }' "$sums")"; then
  echo "the sources of Prism $version do not match the checksum in $sums" >&2
  exit 1
fi
mkdir -p "$folder"
mv "$unfinished/prism" "$folder/prism"
echo "built $folder/prism"
