#!/usr/bin/env bash
# Sets up what is missing and shows the line answering a call: bash scripts/demo.sh [options of `ivr demo`]
set -euo pipefail
# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

set_up
exec "$VENV/bin/ivr" demo "$@"
