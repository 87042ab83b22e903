#!/usr/bin/env bash
# Fetches LoRaRF, a driver that others wrote, for the tests: tools/lorarf.sh [FOLDER]
#
# It goes to .build/lorarf unless said. Where it is there already, nothing is asked of the network.
set -euo pipefail

tools=$(dirname "$(realpath "$0")")
folder=${1:-$tools/../.build/lorarf}

[ -e "$folder/LoRaRF/__init__.py" ] && exit 0
rm -rf "$folder.new"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --retries 1 --no-deps --only-binary :all: --require-hashes --target "$folder.new" \
    --requirement "$tools/lorarf.txt"
rm -rf "$folder"
mv "$folder.new" "$folder"
