#!/usr/bin/env bash
# Generates everything anew and fails when a generated file changes by it. It
# compares the tree with itself, so it works beside uncommitted changes too.
set -euo pipefail
cd "$(dirname "$0")/.."
state() { git ls-files -co --exclude-standard -z | xargs -0 -r sha256sum --zero -- 2>/dev/null | tr '\0' '\n' | sort -k2; }
before=$(mktemp) after=$(mktemp)
trap 'rm -f "$before" "$after"' EXIT
state >"$before"
go generate ./...
state >"$after"
if ! stale=$(diff <(cat "$before") <(cat "$after")); then
	printf 'current: stale, now generated anew (run make generate and commit):\n%s\n' \
		"$(printf '%s\n' "$stale" | sed -n 's/^[<>] [0-9a-f]*  //p' | sort -u)" >&2
	exit 1
fi
echo "current: every generated file is what its generator writes."
