#!/bin/sh
# Resolves setup.cfg into one hash-checked lock per use: dev (everything), server, agent, provisioning.
set -eu
cd "$(dirname "$0")/.."
lock() {
    out=$1
    shift
    extras=
    for extra in "$@"; do extras="$extras --extra $extra"; done
    # A release must be a week old before it is taken: time for a bad one to be found.
    # shellcheck disable=SC2086
    .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
        --no-header --exclude-newer "$(date -u -d '7 days ago' +%F)" $extras setup.cfg -o "deploy/locks/$out.txt"
}
lock dev api reports agent provisioning dev
lock server api reports
lock agent agent
lock provisioning provisioning
