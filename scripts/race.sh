#!/usr/bin/env bash
# Prints the flag of the race detector where the detector can work: it needs a C
# compiler. Without one it says so, and with CI=true it fails.
set -euo pipefail
if command -v "$(go env CC)" >/dev/null; then
	echo -race
else
	echo "race: NO race detector in this run: it needs a C compiler (apt-get install gcc libc6-dev)." >&2
	[ "${CI:-}" != true ] || exit 1
fi
