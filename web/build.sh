#!/usr/bin/env bash
# Bundles the GraphiQL page anew from its sources and the locked packages into
# graphiql/dist, which is committed: Go alone builds and serves the platform. Run
# it after a change of graphiql/src, build.mjs or the packages; a test of package
# web fails while dist is older than these.
set -euo pipefail
cd "$(dirname "$0")"
# esbuild's binary comes in a package of its own: no package's script needs to run.
npm ci --ignore-scripts --no-audit --no-fund --silent
npm run --silent build
