#!/usr/bin/env bash
# Makes the locks in requirements/ from pyproject.toml. Needs python3.11 and python3.12.
#   bash scripts/lock.sh             keeps the locked versions, adds and drops what pyproject.toml says
#   bash scripts/lock.sh --upgrade   takes the newest versions that pyproject.toml allows
# pip finds packages as it is configured on this machine; the locks don't tell where.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
    "" | --upgrade) ;;
    *) echo "usage: bash scripts/lock.sh [--upgrade]" >&2; exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/keep.txt"
if [[ "${1:-}" != --upgrade ]]; then
    cat requirements/*.txt 2>/dev/null | sed -n 's/^\([a-z0-9-]*==[^ ]*\).*/\1/p' > "$work/keep.txt" || true
fi

for python in python3.11 python3.12; do
    "$python" --version >/dev/null 2>&1 || { echo "lock.sh: $python does not run; put it on the PATH" >&2; exit 1; }
    "$python" -m venv "$work/$python"
    "$work/$python/bin/python" -m pip install --quiet --upgrade pip
done

# resolve NAME WHAT… – both Pythons' reports; the second keeps to the versions of the first.
resolve() {
    local name=$1 python keep="$work/keep.txt"
    shift
    for python in python3.11 python3.12; do
        "$work/$python/bin/python" -m pip install --quiet --dry-run --ignore-installed \
            --constraint "$keep" --report "$work/$name-$python.json" "$@"
        "$work/$python/bin/python" - "$work/$name-$python.json" > "$work/$name-$python.txt" <<'PY'
import json, sys
for item in json.load(open(sys.argv[1]))["install"]:
    print(f"{item['metadata']['name']}=={item['metadata']['version']}")
PY
        # Later resolutions agree with earlier ones: the demo and the tests run the same versions.
        sort -fu "$keep" "$work/$name-$python.txt" > "$work/keep-$name-$python.txt"
        keep="$work/keep-$name-$python.txt"
    done
    cp "$keep" "$work/keep.txt"
}

mapfile -t runtime < <("$work/python3.11/bin/python" -c '
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")')
mapfile -t dev < <("$work/python3.11/bin/python" -c '
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["dev"], sep="\n")')

mkdir -p requirements
# pip builds the one source package (srt) and the project itself with this setuptools, not with one it fetches unseen.
resolve build "pip>=23.1" "setuptools>=70.1"
resolve runtime "${runtime[@]}"
resolve dev "${runtime[@]}" "${dev[@]}"

"$work/python3.11/bin/python" scripts/lock.py requirements/build.txt "$work"/build-*.json
"$work/python3.11/bin/python" scripts/lock.py requirements/runtime.txt --without requirements/build.txt "$work"/runtime-*.json
"$work/python3.11/bin/python" scripts/lock.py requirements/dev.txt \
    --without requirements/build.txt --without requirements/runtime.txt "$work"/dev-*.json
