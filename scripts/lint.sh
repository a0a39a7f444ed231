#!/usr/bin/env bash
# Formatting, vet and staticcheck; each prints what it finds.
set -euo pipefail
cd "$(dirname "$0")/.."
unformatted=$(git ls-files -co --exclude-standard -z '*.go' | xargs -0 -r gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'lint: not formatted (run gofmt -w):\n%s\n' "$unformatted" >&2
	exit 1
fi
go vet ./...
go tool staticcheck ./...
echo "lint: formatted; vet and staticcheck find nothing."
