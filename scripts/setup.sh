#!/usr/bin/env bash
# Makes this folder ready to run: virtual environment, pinned packages, launcher, front-end bundle.
#
#   scripts/setup.sh        what `make demo` needs
#   scripts/setup.sh dev    and what the tests and the checks need
#
# Each step leaves a stamp that holds the checksum of what it was made from, so that a second run only compares
# checksums. Nothing outside this folder is written, beside the caches that pip and npm keep in HOME.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${1:-run}
log=var/log/setup.log
stamps=.venv/stamps
mkdir -p var/log

say() { printf '· %s\n' "$*"; }

stop() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# run LABEL COMMAND…: runs quietly, shows its last line on a terminal, and the end of its output if it fails.
run() {
    local label=$1 began=$SECONDS
    shift
    say "$label"
    if [ -t 1 ]; then
        "$@" 2>&1 | tee "$log" | while IFS= read -r line; do printf '\r\033[K    %.90s' "$line"; done || run_failed "$label"
        printf '\r\033[K'
    else
        "$@" >"$log" 2>&1 || run_failed "$label"
    fi
    say "  done in $((SECONDS - began)) s"
}

run_failed() {
    printf '\n' >&2
    tail -n 30 "$log" >&2
    stop "“$1” did not work; the lines above say why. Mend that and run the same command again: finished steps are kept."
}

# The checksum of some files' names and contents.
sum_of() { printf '%s\0' "$@" | xargs -0 cksum | cksum; }

is_done() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

mark_done() {
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1"
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    stop "No Python 3.11 or newer with venv was found. Install it (Debian, Ubuntu: apt-get install python3 python3-venv) or name one: make demo PYTHON=/path/to/python3.11"
}

make_environment() {
    if [ -f "$stamps/place" ] && [ "$(cat "$stamps/place")" != "$PWD" ]; then
        say "this folder has moved: the virtual environment is made anew"
        rm -rf .venv
    fi
    if [ ! -x .venv/bin/python ]; then
        local python
        python=$(find_python)
        run "virtual environment in .venv ($("$python" --version))" "$python" -m venv .venv
    fi
    mark_done "$stamps/place" "$PWD"
}

# install_packages NAME: the packages of requirements/NAME.lock, each checked against its hashes.
install_packages() {
    local lock=requirements/$1.lock now
    now=$(sum_of "$lock")
    is_done "$stamps/$1" "$now" && return
    run "Python packages of $lock ($(grep -c == "$lock"))" \
        .venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r "$lock"
    mark_done "$stamps/$1" "$now"
}

# The package is run from this folder: a path file makes it importable, a launcher gives the command. No build
# tool is needed, so nothing is fetched that the lock files don't name.
link_package() {
    is_done "$stamps/link" "1" && return
    say "launcher .venv/bin/shanzhi"
    .venv/bin/python - <<'PYTHON'
import pathlib, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "shanzhi.pth").write_text(f"{pathlib.Path.cwd()}\n", encoding="utf-8")
launcher = pathlib.Path(sysconfig.get_path("scripts"), "shanzhi")
launcher.write_text(
    "#!/bin/sh\n"
    'exec "$(dirname "$0")/python" -P -c '
    "'import sys; from shanzhi.config.cli import main; sys.argv[0] = \"shanzhi\"; sys.exit(main())'"
    ' "$@"\n',
    encoding="utf-8",
)
launcher.chmod(0o755)
PYTHON
    mark_done "$stamps/link" "1"
}

has_node() {
    command -v npm >/dev/null 2>&1 &&
        node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' >/dev/null 2>&1
}

build_front_end() {
    local packages bundle built=shanzhi/ui/static/ui/build/app.css
    packages=$(sum_of package.json package-lock.json)
    # The style sheet is cut down to the classes that templates and code use, so they belong to the sum.
    bundle=$(find frontend shanzhi -type f \( -name '*.html' -o -name '*.py' -o -name '*.txt' -o -path 'frontend/*' \) -not -path '*/tests/*' |
        LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum | cksum)" $packages"
    is_done node_modules/.stamp "$packages" && is_done var/setup/bundle "$bundle" && [ -f "$built" ] && return

    PATH="$PATH:$PWD/.venv/bin"
    if ! has_node; then
        PATH="$PWD/.venv/bin:$PATH"
        install_packages node
        has_node || stop "Node was installed from PyPI but does not start here; install Node 20 or newer and run this again."
    fi
    if ! is_done node_modules/.stamp "$packages"; then
        run "front-end packages (npm, Node $(node --version))" npm ci --no-audit --no-fund --loglevel=error
        mark_done node_modules/.stamp "$packages"
    fi
    run "front-end bundle" npm run --silent build
    mark_done var/setup/bundle "$bundle"
}

make_environment
install_packages base
if [ "$wanted" = dev ]; then install_packages dev; fi
link_package
build_front_end
