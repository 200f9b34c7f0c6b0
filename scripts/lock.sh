#!/usr/bin/env bash
# Makes requirements/*.lock anew from pyproject.toml: every package with its hashes, for every platform, and without
# the address of any package index.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.venv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv) || {
    echo "uv is needed for this: install it, or run .venv/bin/pip install uv" >&2
    exit 1
}
options=(--generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --universal --quiet)
if [ "${1:-}" = upgrade ]; then options+=(--upgrade); fi

echo "· requirements/base.lock"
"$uv" pip compile pyproject.toml "${options[@]}" -o requirements/base.lock
echo "· requirements/dev.lock"
"$uv" pip compile pyproject.toml --group dev "${options[@]}" -c requirements/base.lock -o requirements/dev.lock
echo "· requirements/node.lock"
"$uv" pip compile --group node "${options[@]}" -o requirements/node.lock
