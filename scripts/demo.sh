#!/usr/bin/env bash
# The main job on real input: calibrate this CPU, run MiniLM (real weights, real sentences) and GPT-2 small (seeded weights) on it,
# replay both traces on modelled GPUs, and write one report. The report's path is the last line printed.
# RIDGELINE_DEMO=short measures fewer repetitions and tokens (for continuous integration).
set -euo pipefail
ridgeline=$1
output=$2
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/scripts/setup.sh" --demo
mkdir -p "$output"
threads=$(nproc)
repetitions=9 prompt=512 generate=64 calibration=()
if [[ ${RIDGELINE_DEMO:-} == short ]]; then repetitions=3 prompt=128 generate=8 calibration=(--quick); fi

model=$("$root/scripts/fetch-minilm.sh" "$root/.cache")

echo "== calibrating this CPU" >&2
"$ridgeline" calibrate "${calibration[@]}" --output "$output/this-cpu.yaml"

echo "== MiniLM: sentence embeddings of real sentences" >&2
"$ridgeline" run "$model" --text-file "$root/Traces/samples/sentences.txt" --threads "$threads" | tee "$output/sentences.txt"

echo "== profiling MiniLM and GPT-2 small" >&2
"$ridgeline" profile "$model" --batch 8 --prompt 128 --threads "$threads" --repetitions "$repetitions" --output "$output/minilm.trace.json"
"$ridgeline" profile gpt2 --prompt "$prompt" --generate "$generate" --threads "$threads" --repetitions "$repetitions" --output "$output/gpt2.trace.json"

echo "== replaying both on modelled GPUs" >&2
"$ridgeline" compare --trace "$output/minilm.trace.json" --trace "$output/gpt2.trace.json" --on v100-sxm2-32gb,a100-sxm-80gb,h100-sxm \
    --dtype fp16 --measured-on "$output/this-cpu.yaml" --title "MiniLM and GPT-2: measured here, projected on V100, A100 and H100" \
    --output "$output/report.html"
echo "$output/report.html"
