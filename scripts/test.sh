#!/usr/bin/env bash
# Sets up what is missing and runs every check: bash scripts/test.sh [arguments of pytest]
# IVR_TEST_FAST=1 runs pytest only.
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

fast=${IVR_TEST_FAST:-}
# The tests set what they need: an operator's settings in the environment must not reach them.
for name in "${!IVR_@}"; do unset "$name"; done

set_up dev
debian_packages sipp=sip-tester baresip=baresip-core espeak-ng=espeak-ng sox=sox mosquitto=mosquitto \
    chromium=chromium kamailio=kamailio kamailio=kamailio-tls-modules

cd "$PROJECT"
# Debian keeps servers (mosquitto) where an ordinary user's PATH does not look.
export PATH="$VENV/bin:$PATH:/usr/sbin:/sbin"

failed=()
# stage NAME COMMAND… – one line when all is well, the command's own words when not.
stage() {
    local name=$1 output started=$SECONDS
    shift
    if output=$("$@" 2>&1); then
        printf '%s: ok, %d s\n' "$name" $((SECONDS - started))
    else
        printf '%s: FAILED\n%s\n' "$name" "$output"
        failed+=("$name")
    fi
}

if [[ $fast != 1 ]]; then
    stage "ruff check" ruff check .
    stage "ruff format" ruff format --check .
    stage "mypy" mypy
    stage "arrows between rooms" lint-imports
    stage "docs/conformance.md" python scripts/conformance.py --check
    stage "docs/configuration.md" python scripts/config_docs.py --check
fi

printf 'pytest\n'
status=0
python -m pytest "$@" || status=$?
if [[ ${#failed[@]} -gt 0 ]]; then
    printf 'FAILED before the tests: %s\n' "$(IFS=,; echo "${failed[*]}")"
    exit 1
fi
exit $status
