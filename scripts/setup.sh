# Sets the project up; sourced by demo.sh and test.sh, which may be started from any folder.
#   set_up            .venv with what the line runs on
#   set_up dev        the same with the tests' tools
#   debian_packages   installs the named tools' packages where the user may
# A second start finds its stamp and is done at once; an interrupted one left no stamp and is repeated.
# shellcheck shell=bash

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV="$PROJECT/.venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# as_root COMMAND… – runs it as root when the user may without being asked; 1 when not.
as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# apt_install PACKAGE… – 1 when there is no apt, the user may not, or a package is not to be had.
apt_install() {
    command -v apt-get >/dev/null && as_root true || return 1
    local log status=0
    log=$(mktemp)
    say "Installing from Debian: $*"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
    # The list of packages is fetched only when the one at hand is missing or too old.
    as_root "${install[@]}" >"$log" 2>&1 </dev/null ||
        { as_root apt-get update -q && as_root "${install[@]}"; } >"$log" 2>&1 </dev/null || status=1
    [[ $status == 0 ]] || tail -n 3 "$log" >&2
    rm -f "$log"
    return $status
}

# debian_packages TOOL=PACKAGE… – installs what is missing; else names it in one line. Never fails.
debian_packages() {
    local pair missing=()
    for pair in "$@"; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    [[ ${#missing[@]} == 0 ]] && return 0
    apt_install "${missing[@]}" ||
        say "Missing: ${missing[*]} (tests that need them are skipped; an administrator runs: apt-get install ${missing[*]})"
}

# python_fits PYTHON – whether it runs and has a version that pjsua2's wheel exists for.
python_fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' >/dev/null 2>&1
}

# find_python – prints a fitting Python; one that can make virtual environments comes first. PYTHON chooses by hand.
find_python() {
    local name fallback='' names=(python3.11 python3.12 python3 /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3)
    [[ -z ${PYTHON:-} ]] || names=("$PYTHON")
    for name in "${names[@]}"; do
        python_fits "$name" || continue
        if "$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            printf '%s\n' "$name"
            return 0
        fi
        fallback=${fallback:-$name}
    done
    [[ -n $fallback ]] && printf '%s\n' "$fallback"
}

make_venv() {
    local python package
    [[ $(uname -sm) == "Linux x86_64" ]] ||
        die "The line runs on Linux x86-64 only (pjsua2's wheel); this machine is $(uname -sm)."
    python=$(find_python) ||
        die "The line needs Python 3.11 or 3.12 (pjsua2's wheel) and finds none; on Debian 12: apt-get install python3 python3-venv"
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        apt_install "$package" ||
            die "$python can't make virtual environments; an administrator runs: apt-get install $package"
    fi
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear "$VENV" || die "$VENV can't be made; see the lines above."
}

# pip_install TOTAL ARGUMENT… – pip with a short progress; its whole talk is in .venv/setup.log.
# While packages are unpacked .venv/.unpacking is there: what is half there then, pip would take for whole.
pip_install() {
    local total=$1 count=0 line status=0
    shift
    "$VENV/bin/python" -m pip install --no-input --progress-bar off "$@" 2>&1 </dev/null | tee -a "$VENV/setup.log" |
        while IFS= read -r line; do
            case $line in
                Collecting* | Processing* | "Requirement already satisfied"*) count=$((count + 1)) ;;
                "Installing collected"*)
                    : >"$VENV/.unpacking"
                    [[ $total == 0 ]] || { [[ ! -t 2 ]] || printf '\n' >&2; printf '  unpacking …\n' >&2; }
                    continue
                    ;;
                *) continue ;;
            esac
            [[ $total == 0 ]] && continue
            if [[ -t 2 ]]; then
                printf '\r  %d of %d packages' "$count" "$total" >&2
            elif ((count % 10 == 0 || count == total)); then
                printf '  %d of %d packages\n' "$count" "$total" >&2
            fi
        done || status=1
    if [[ $status != 0 ]]; then
        grep -E '^ *ERROR' "$VENV/setup.log" | tail -n 5 >&2 || true
        die "Packages could not be installed; the whole talk is in $VENV/setup.log. Start again to repeat."
    fi
}

# stamp_of FILE… – what .venv was made from: locks, project file, place and Python.
stamp_of() {
    { printf '%s\n' "$PROJECT" "$("$VENV/bin/python" -V 2>&1)"; cat "$@" "$PROJECT/pyproject.toml"; } | sha256sum | cut -c1-64
}

set_up() {
    local locks=("$PROJECT/requirements/build.txt" "$PROJECT/requirements/runtime.txt") stamp="$VENV/.stamp-runtime"
    if [[ ${1:-} == dev ]]; then
        locks+=("$PROJECT/requirements/dev.txt")
        stamp="$VENV/.stamp-dev"
    fi
    # Two starts at once wait for each other; the lock is on this file, so it needs no file of its own.
    exec 9<"$PROJECT/scripts/setup.sh"
    flock 9
    if [[ ! -f $stamp || $(cat "$stamp") != "$(stamp_of "${locks[@]}")" ]]; then
        rm -f "$VENV"/.stamp-*
        if [[ -e $VENV/.unpacking ]] || ! python_fits "$VENV/bin/python" ||
            ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
            make_venv
        fi
        install "${locks[@]}"
        rm -f "$VENV/.unpacking"
        stamp_of "${locks[@]:0:2}" >"$VENV/.stamp-runtime"
        stamp_of "${locks[@]}" >"$stamp"
    fi
    exec 9<&-
}

# install LOCK… – the first lock holds what the others are built with.
install() {
    local files=() lock
    : >"$VENV/setup.log"
    say "Installing Python packages into .venv (about 400 MB of disk, once)"
    pip_install 0 --require-hashes --no-deps -r "$1"
    for lock in "${@:2}"; do files+=(-r "$lock"); done
    # --no-deps: the lock is whole, and nothing that it does not name gets in.
    pip_install "$(cat "${@:2}" | grep -c '^[a-z0-9]')" --require-hashes --no-deps --use-pep517 --no-build-isolation "${files[@]}"
    pip_install 0 --no-deps --no-build-isolation --editable "$PROJECT"
    "$VENV/bin/python" -m pip check >>"$VENV/setup.log" 2>&1 ||
        die "The lock does not fit pyproject.toml: $(tail -n 1 "$VENV/setup.log") A developer runs: bash scripts/lock.sh"
}
