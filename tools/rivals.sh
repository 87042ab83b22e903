#!/usr/bin/env bash
# Fetches CRDTs that others wrote, for the bench: tools/rivals.sh [FOLDER]
#
# They go to .build/rivals unless said. Where they are there already, nothing is asked of the network;
# where they cannot be had, the rows that compare say so.
set -euo pipefail

tools=$(dirname "$(realpath "$0")")
folder=${1:-$tools/../.build/rivals}

[ -e "$folder/pycrdt/__init__.py" ] && exit 0
rm -rf "$folder.new"
if python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --retries 1 --only-binary :all: --pre --target "$folder.new" \
    --requirement "$tools/rivals.txt"; then
    rm -rf "$folder"
    mv "$folder.new" "$folder"
else
    rm -rf "$folder.new"
    echo "rivals.sh: no rivals to compare with; those figures stay empty" >&2
fi
