#!/usr/bin/env bash
# What tests and benchmarks want beyond Go. It installs what is missing from
# Debian's packages when it may (as root, or in CI through sudo); else it says in
# one line what to install, and the tests that want it skip, loudly. With CI=true
# a tool that is still missing is an error.
#
#   scripts/need.sh test     what 'make test' wants
#   scripts/need.sh bench    what 'make bench' wants as well
set -euo pipefail
cd "$(dirname "$0")/.."

# Each line: a program (or a pattern of paths), the Debian package that brings
# it, and what it is for.
wanted() {
	echo 'gcc|gcc libc6-dev|the race detector'
	echo 'git|git|comparing the corpus of events and generated files with their history'
	echo 'strace|strace|counting the syncs that the kernel is asked for'
	echo 'node|nodejs|the audits of GraphQL over HTTP'
	echo 'npm|npm|the audits of GraphQL over HTTP'
	echo 'redis-server|redis-server|the views in Redis'
	echo 'chromium|chromium|the page in a browser'
	echo 'python3|python3|the check of a certificate by somebody else'
	echo 'g++|g++|the peers of the rounds solver'
	echo '/usr/include/lemon/network_simplex.h|liblemon-dev|the peers of the rounds solver'
	echo '/usr/lib/python3/dist-packages/scipy/__init__.py|python3-scipy|the peers of the rounds solver'
	echo 'systemd-analyze|systemd|checking the units of deploy/systemd'
	if [ "$1" = bench ]; then
		echo '/usr/lib/postgresql/*/bin/initdb|postgresql|the peer of the benchmarks'
	fi
}

has() {
	case "$1" in
	/*) compgen -G "$1" >/dev/null || command -v "${1##*/}" >/dev/null ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing() {
	wanted "$1" | while IFS='|' read -r program package purpose; do
		has "$program" || echo "$package|$purpose"
	done
}

install() {
	local sudo=()
	if [ "$(id -u)" != 0 ]; then
		[ "${CI:-}" = true ] && command -v sudo >/dev/null || return 1
		sudo=(sudo -n)
	fi
	command -v apt-get >/dev/null || return 1
	echo "need: installing Debian's packages: $*"
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
		"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

what=${1:?say for what: test or bench}
packages=$(missing "$what" | cut -d'|' -f1 | tr '\n' ' ')
if [ -n "${packages// /}" ]; then
	# shellcheck disable=SC2086 # several packages on purpose
	install $packages || true
fi
left=$(missing "$what")
if [ -n "$left" ]; then
	echo "need: install $(echo "$left" | cut -d'|' -f1 | sort -u | tr '\n' ' ')(apt-get install …) for: $(echo "$left" | cut -d'|' -f2 | sort -u | paste -sd';' | sed 's/;/; /g'). Without, that part is skipped." >&2
	[ "${CI:-}" != true ] || exit 1
fi

# The audits, at the versions that scripts/graphql-http/package-lock.json names.
if command -v npm >/dev/null; then
	audits=scripts/graphql-http
	if ! cmp -s "$audits/package-lock.json" "$audits/node_modules/.installed-lock.json"; then
		echo "need: installing the audits of GraphQL over HTTP from npm's registry"
		if npm ci --prefix "$audits" --ignore-scripts --no-audit --no-fund --silent; then
			cp "$audits/package-lock.json" "$audits/node_modules/.installed-lock.json"
		else
			echo "need: npm's registry did not answer; run 'npm ci --prefix $audits' when it does. Without, the audits are skipped." >&2
			[ "${CI:-}" != true ] || exit 1
		fi
	fi
fi
