#!/usr/bin/env bash
# Fuzzes each fuzz test of the tree for a while, one after the other:
#   scripts/fuzz.sh 20s
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}
git ls-files '*_test.go' | xargs grep -Ho '^func Fuzz[A-Za-z0-9_]*' | while IFS=: read -r file func; do
	echo "== ${func#func } in $(dirname "$file"), $time"
	go test -run '^$' -fuzz "^${func#func }\$" -fuzztime "$time" "./$(dirname "$file")"
done
