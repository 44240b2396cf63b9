#!/usr/bin/env python3
"""Measures the operators of transformer models on one accelerator and writes CSV files that Ridgeline reads.

    python3 measure.py --output measured/my-gpu                  # about ten minutes
    python3 measure.py --output measured/my-gpu --resume         # go on where an interrupted run stopped
    python3 measure.py --plan --size standard                    # what would be measured, without PyTorch

Needs PyTorch (CUDA, ROCm or CPU build); uses Triton where it is installed. Reads clocks and power, and never changes a setting of the
device. docs/measuring.md says what each number means.
"""
import argparse
import contextlib
import csv
import gc
import json
import math
import os
import platform
import random
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import dataclass, field
from datetime import datetime, timezone

VERSION = 1

# ---------------------------------------------------------------------------------------------------------------------------------
# Schema
# ---------------------------------------------------------------------------------------------------------------------------------

# The unified columns, in their order; `kernel`, `grid_blocks` and `block_threads` are as recorded by a profiler or empty.
UNIFIED = {
    "gemm": "source,device,dtype,op,batch,m,n,k,latency_us,kernel,grid_blocks,block_threads",
    "attention": "source,device,dtype,phase,batch,q_tokens,kv_tokens,heads,kv_heads,head_dim,latency_us",
    "rowwise": "source,device,dtype,op,rows,cols,latency_us,kernel",
    "elementwise": "source,device,dtype,op,elements,inputs,latency_us,kernel,rows",
    "end_to_end": "source,device,dtype,model,phase,batch,seq,gpus,parallelism,latency_ms,forward_ms,backward_ms",
}
# Families that the unified format does not have.
OWN = {
    "launch": "source,device,op,latency_us",
    "memory": "source,device,op,footprint_bytes,bytes_moved,latency_us,bandwidth_gb_per_s,latency_ns,kernel",
}
# Columns of this kit only, always behind the others; readers that do not know them ignore them.
FAMILY_EXTRAS = {
    "attention": "kv_dtype,kernel",
    "end_to_end": "layers,hidden,heads,kv_heads,head_dim,intermediate,vocabulary",
}
EXTRAS = ("latency_p10_us,latency_p90_us,repetitions,calls,operand_sets,set_bytes,sm_clock_mhz,memory_clock_mhz,power_w,temperature_c,"
          "checked_error,variant,origin,note,case")
SKIPPED = "case,family,device,source,dtype,op,shape,reason"
FAMILIES = list(UNIFIED) + list(OWN)


def columns(family):
    """All columns of a family's file, in order."""
    base = UNIFIED.get(family) or OWN[family]
    return base.split(",") + [name for name in FAMILY_EXTRAS.get(family, "").split(",") if name] + EXTRAS.split(",")


def number(value, digits=4):
    """A number as CSV text: plain decimal, no exponent, nothing for an unknown one."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"


# ---------------------------------------------------------------------------------------------------------------------------------
# Statistics
# ---------------------------------------------------------------------------------------------------------------------------------

def percentile(values, share):
    """The value below which `share` (0 to 1) of `values` lie, linear between neighbours."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("a percentile of no values")
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def median(values):
    return percentile(values, 0.5)


# ---------------------------------------------------------------------------------------------------------------------------------
# Plan: which shapes, drawn from a seed, in rounds. No PyTorch here.
# ---------------------------------------------------------------------------------------------------------------------------------

COLD, HOT, EAGER, SINGLE = "ridgeline/graph-cold", "ridgeline/graph-hot", "ridgeline/eager", "ridgeline/single"
LOOP_COLD, LOOP_HOT = "ridgeline/loop-cold", "ridgeline/loop-hot"
LAUNCH, MEMORY = "ridgeline/launch", "ridgeline/memory"


@dataclass(frozen=True)
class Size:
    """How much to measure, and the largest dimensions."""
    rounds: int
    thin: int                  # of the strata of a round, one in `thin`
    budget_minutes: float
    max_m: int
    max_n: int
    max_kv: int
    max_elements: int
    max_operations: float      # of one call
    warmup_ms: float
    span_us: float             # the time between two events, at least
    target_ms: float           # the timed part of one row, about
    settle_s: float
    models: tuple
    footprints: tuple          # bytes, lowest and highest of the memory family


SIZES = {
    "smallest": Size(1, 3, 3, 256, 1024, 512, 1 << 17, 2.0**26, 2, 300, 3, 0.2, ("layer-tiny", "decoder-tiny"), (1 << 14, 1 << 22)),
    "small": Size(2, 1, 10, 16384, 16384, 32768, 1 << 26, 2.0**42, 50, 1000, 25, 2, ("layer-llama-3-8b", "llama-3.2-1b"), (1 << 14, 1 << 30)),
    "standard": Size(12, 1, 30, 16384, 32768, 131072, 1 << 28, 2.0**43, 50, 1000, 50, 3,
                     ("layer-llama-2-7b", "layer-llama-3-8b", "layer-llama-3-70b", "llama-3.2-1b", "llama-160m"), (1 << 14, 1 << 32)),
    "full": Size(40, 1, 120, 32768, 65536, 131072, 1 << 29, 2.0**44, 100, 1000, 100, 3,
                 ("layer-llama-2-7b", "layer-llama-3-8b", "layer-llama-3-70b", "llama-3.2-1b", "llama-160m"), (1 << 14, 1 << 33)),
}


@dataclass(frozen=True)
class Model:
    """Dimensions of a decoder with gated MLP and rotary embedding; vocabulary 0: bare layers without embedding and head."""
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int = 0


# From the models' published configurations; bare layers are one layer of the model named.
DECODERS = {
    "layer-tiny": Model(1, 256, 4, 2, 64, 512),
    "decoder-tiny": Model(2, 256, 4, 2, 64, 512, 1000),
    "layer-llama-2-7b": Model(1, 4096, 32, 32, 128, 11008),
    "layer-llama-3-8b": Model(1, 4096, 32, 8, 128, 14336),
    "layer-llama-3-70b": Model(1, 8192, 64, 8, 128, 28672),
    "llama-160m": Model(12, 768, 12, 12, 64, 3072, 32000),
    "llama-3.2-1b": Model(16, 2048, 32, 8, 64, 8192, 128256),
}
# Shapes of well-known models for single operators: hidden, heads, key-value heads, head size, MLP width, 2 where the MLP is gated.
WELL_KNOWN = {
    "bert-large": (1024, 16, 16, 64, 4096, 1),
    "gpt2-xl": (1600, 25, 25, 64, 6400, 1),
    "llama-3.2-1b": (2048, 32, 8, 64, 8192, 2),
    "qwen2.5-7b": (3584, 28, 4, 128, 18944, 2),
    "llama-2-7b": (4096, 32, 32, 128, 11008, 2),
    "llama-3-8b": (4096, 32, 8, 128, 14336, 2),
    "falcon-7b": (4544, 71, 1, 64, 18176, 1),
    "llama-3-70b": (8192, 64, 8, 128, 28672, 2),
    "gpt3-175b": (12288, 96, 96, 128, 49152, 1),
}
GEMM_FORMATS = ["fp32", "tf32", "fp16", "bf16", "fp8_plain/tensor", "fp8_plain/row", "int8"]
VECTOR_FORMATS = ["fp32", "fp16", "bf16"]
ONE_INPUT = ["relu", "gelu", "tanh", "silu", "sigmoid", "exp", "cast", "add_scalar", "mul_scalar", "div_scalar", "pow_scalar"]
TWO_INPUTS = ["add", "mul", "div", "pow", "silu_mul", "gelu_mul"]


@dataclass(frozen=True)
class Case:
    """One shape to measure, under one or more protocols."""
    family: str
    round: int
    stratum: str
    dtype: str
    op: str
    shape: tuple               # pairs of column and value
    sources: tuple
    origin: str                # `random`, or the model whose shape it is
    variant: str = ""          # what no unified column says: scales of fp8, backend of attention

    @property
    def id(self):
        return f"{self.family}/{self.round}/{self.stratum}"

    def __getitem__(self, name):
        return dict(self.shape)[name]

    @property
    def shape_text(self):
        return " ".join(f"{name}={value}" for name, value in self.shape)


class Draw:
    """Random draws that depend only on the seed and a name, not on what was drawn elsewhere or on the Python version."""

    def __init__(self, *key):
        self.generator = random.Random("/".join(str(part) for part in key))

    def log_uniform(self, low, high):
        """A whole number from `low` to `high`, each factor of two equally likely."""
        if high <= low:
            return low
        return min(high, max(low, int(round(math.exp(math.log(low) + self.generator.random() * (math.log(high) - math.log(low)))))))

    def choice(self, options):
        return options[min(len(options) - 1, int(self.generator.random() * len(options)))]

    def shuffled(self, items):
        keys = [(self.generator.random(), index) for index in range(len(items))]
        return [items[index] for _, index in sorted(keys)]


def log_bins(low, high, count):
    """`count` ranges that cover low...high, equally wide on a logarithmic scale."""
    edges = [low * (high / low) ** (index / count) for index in range(count + 1)]
    bins = []
    for index in range(count):
        start = low if index == 0 else int(edges[index]) + 1
        stop = high if index == count - 1 else int(edges[index + 1])
        bins.append((start, max(start, stop)))
    return bins


def aligned(value, alignment, step=1):
    """`value` brought to a class of divisibility: `tile` (128), `eight`, or `odd`; always a multiple of `step`."""
    if alignment == "odd":
        return (max(1, value // step) | 1) * step
    unit = max(step, 128 if alignment == "tile" and value >= 128 else 8)
    return max(1, round(value / unit)) * unit


def protocols(index, eager=True):
    """Cold for every case, hot for every second one, eager and single calls for every sixth."""
    chosen = [COLD]
    if index % 2 == 0:
        chosen.append(HOT)
    if eager and index % 6 == 0:
        chosen += [EAGER, SINGLE]
    return tuple(chosen)


ALIGNMENTS = ["tile", "eight", "odd"]


def gemm_cases(size, seed, number_of_round):
    cases = []
    for label in GEMM_FORMATS:
        dtype, _, variant = label.partition("/")
        # cuBLAS takes 8-bit operands whose rows are whole 16 bytes; torch._int_mm more than 16 rows.
        step = 16 if dtype in ("fp8_plain", "int8") else 1
        for m_index, (m_low, m_high) in enumerate(log_bins(1, size.max_m, 5)):
            if dtype == "int8" and m_high <= 16:
                continue
            for n_index, (n_low, n_high) in enumerate(log_bins(64, size.max_n, 3)):
                stratum = f"linear-{label.replace('/', '-')}-m{m_index}-n{n_index}"
                draw = Draw(seed, "gemm", number_of_round, stratum)
                alignment = ALIGNMENTS[(number_of_round + m_index + n_index) % 3]
                m = draw.log_uniform(max(m_low, 17) if dtype == "int8" else m_low, m_high)
                n, k = draw.log_uniform(n_low, n_high), draw.log_uniform(64, size.max_n)
                m = m | 1 if alignment == "odd" and m > 2 else m
                n, k = aligned(n, alignment, step), aligned(k, alignment, step)
                limit = size.max_operations / (8 if dtype == "fp32" else 1)
                while 2.0 * m * n * k > limit:
                    k = aligned(k // 2, alignment, step) if k > n else k
                    n = aligned(n // 2, alignment, step) if n >= k else n
                cases.append(("linear", dtype, variant, stratum, 1, m, n, k, "random"))
    for dtype in ["fp32", "tf32", "fp16", "bf16"]:
        for batch_index, (batch_low, batch_high) in enumerate([(2, 16), (17, 256)]):
            for m_index, (m_low, m_high) in enumerate(log_bins(1, max(64, size.max_m // 4), 3)):
                stratum = f"bmm-{dtype}-b{batch_index}-m{m_index}"
                draw = Draw(seed, "gemm", number_of_round, stratum)
                alignment = ALIGNMENTS[(number_of_round + batch_index + m_index) % 3]
                batch, m = draw.log_uniform(batch_low, batch_high), draw.log_uniform(m_low, m_high)
                n, k = (aligned(draw.log_uniform(32, max(64, size.max_n // 8)), alignment) for _ in range(2))
                while 2.0 * batch * m * n * k > size.max_operations / (8 if dtype == "fp32" else 2):
                    batch, n = max(2, batch // 2), aligned(max(16, n // 2), alignment)
                cases.append(("bmm", dtype, "", stratum, batch, m, n, k, "random"))
    for position, (model, layer) in enumerate(WELL_KNOWN.items()):
        hidden, heads, kv_heads, head_dim, width, gates = layer
        for index, (name, n, k) in enumerate([("qkv", (heads + 2 * kv_heads) * head_dim, hidden), ("out", hidden, heads * head_dim),
                                              ("up", gates * width, hidden), ("down", hidden, width)]):
            if n > 2 * size.max_n or k > 2 * size.max_n:
                continue
            stratum = f"linear-{model}-{name}"
            draw = Draw(seed, "gemm", number_of_round, stratum)
            dtype, _, variant = GEMM_FORMATS[(position + index + number_of_round) % len(GEMM_FORMATS)].partition("/")
            tokens = [m for m in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
                      if m <= size.max_m and 2.0 * m * n * k <= size.max_operations and (m > 16 or dtype != "int8")]
            if tokens and not (dtype in ("fp8_plain", "int8") and (n % 16 or k % 16)):
                cases.append(("linear", dtype, variant, stratum, 1, draw.choice(tokens), n, k, model))
    return [Case("gemm", number_of_round, stratum, dtype, op, (("batch", batch), ("m", m), ("n", n), ("k", k)),
                 protocols(index + number_of_round), origin, variant)
            for index, (op, dtype, variant, stratum, batch, m, n, k, origin) in enumerate(cases)]


def attention_operations(phase, batch, queries, keys, heads, head_dim):
    """Multiply-adds count twice; a causal prefill computes half of the square."""
    return 4.0 * batch * heads * queries * keys * head_dim / (2 if phase == "prefill" else 1)


def attention_cases(size, seed, number_of_round):
    cases = []
    # PyTorch has two fused implementations on NVIDIA devices; every third round is cuDNN's.
    backend = "cudnn" if number_of_round % 3 == 1 else "flash"
    groupings = {"mha": [(8, 8), (12, 12), (16, 16), (32, 32)], "gqa": [(28, 4), (32, 8), (40, 8), (64, 8)], "mqa": [(16, 1), (32, 1), (48, 1)]}

    def fit(phase, batch, tokens, heads, head_dim, kv_heads):
        """Halves the batch, then the length, until operations and cache keep within the size's limits."""
        while True:
            queries = tokens if phase == "prefill" else 1
            cache = 2 * batch * tokens * kv_heads * head_dim
            if attention_operations(phase, batch, queries, tokens, heads, head_dim) <= size.max_operations and cache <= 16 * size.max_elements:
                return batch, queries, tokens
            batch, tokens = (batch // 2, tokens) if batch > 1 else (1, tokens // 2)

    for phase in ["prefill", "decode"]:
        for dtype in ["fp16", "bf16"]:
            for head_dim in [64, 128]:
                for kv_index, (low, high) in enumerate(log_bins(16, size.max_kv, 6)):
                    # The groupings take turns, so that each meets every length in three rounds.
                    turn = (kv_index + number_of_round + (dtype == "bf16") + head_dim // 64) % 3
                    grouping = list(groupings)[turn]
                    stratum = f"{phase}-{dtype}-d{head_dim}-kv{kv_index}-{grouping}"
                    draw = Draw(seed, "attention", number_of_round, stratum)
                    tokens = draw.log_uniform(low, high)
                    tokens = tokens | 1 if (turn + kv_index // 3) % 3 == 0 else aligned(tokens, "tile" if kv_index % 2 else "eight")
                    heads, kv_heads = draw.choice(groupings[grouping])
                    batch = draw.log_uniform(1, 16 if phase == "prefill" else 128)
                    batch, queries, tokens = fit(phase, batch, min(tokens, size.max_kv), heads, head_dim, kv_heads)
                    cases.append((phase, dtype, stratum, batch, queries, tokens, heads, kv_heads, head_dim, "random"))
    for position, (model, layer) in enumerate(WELL_KNOWN.items()):
        _, heads, kv_heads, head_dim, _, _ = layer
        for phase in ["prefill", "decode"]:
            stratum = f"{phase}-{model}"
            draw = Draw(seed, "attention", number_of_round, stratum)
            tokens = draw.choice([t for t in (128, 512, 1024, 2048, 4096, 8192, 32768) if t <= size.max_kv])
            batch, queries, tokens = fit(phase, draw.choice([1, 1, 4, 16, 64]), tokens, heads, head_dim, kv_heads)
            cases.append((phase, ["fp16", "bf16"][(position + number_of_round) % 2], stratum, batch, queries, tokens, heads, kv_heads, head_dim, model))
    return [Case("attention", number_of_round, stratum, dtype, phase,
                 (("batch", batch), ("q_tokens", queries), ("kv_tokens", tokens), ("heads", heads), ("kv_heads", kv_heads), ("head_dim", head_dim)),
                 protocols(index + number_of_round), origin, backend)
            for index, (phase, dtype, stratum, batch, queries, tokens, heads, kv_heads, head_dim, origin) in enumerate(cases)]


def rowwise_cases(size, seed, number_of_round):
    cases = []
    for op in ["softmax", "layernorm", "rmsnorm"]:
        for dtype in VECTOR_FORMATS:
            for row_index, (row_low, row_high) in enumerate(log_bins(1, max(64, size.max_elements >> 11), 3)):
                for column_index, (low, high) in enumerate(log_bins(64, min(131072, size.max_elements >> 6), 2)):
                    stratum = f"{op}-{dtype}-r{row_index}-c{column_index}"
                    draw = Draw(seed, "rowwise", number_of_round, stratum)
                    rows, cols = draw.log_uniform(row_low, row_high), draw.log_uniform(low, high)
                    cols = aligned(cols, ALIGNMENTS[(number_of_round + row_index + column_index) % 3])
                    cases.append((op, dtype, stratum, max(1, min(rows, size.max_elements // cols)), cols, "random"))
    for index, (model, layer) in enumerate(WELL_KNOWN.items()):
        stratum = f"norm-{model}"
        rows = Draw(seed, "rowwise", number_of_round, stratum).choice([1, 16, 64, 256, 1024, 4096, 8192])
        op = "layernorm" if layer[5] == 1 else "rmsnorm"
        cases.append((op, VECTOR_FORMATS[(index + number_of_round) % 3], stratum, max(1, min(rows, size.max_elements // layer[0])), layer[0], model))
    return [Case("rowwise", number_of_round, stratum, dtype, op, (("rows", rows), ("cols", cols)), protocols(index + number_of_round), origin)
            for index, (op, dtype, stratum, rows, cols, origin) in enumerate(cases)]


def elementwise_cases(size, seed, number_of_round):
    cases = []
    for op_index, op in enumerate(ONE_INPUT + TWO_INPUTS + ["embedding"]):
        for size_index, (low, high) in enumerate(log_bins(1 << 10, size.max_elements, 3)):
            dtype = VECTOR_FORMATS[(op_index + size_index + number_of_round) % 3]
            if op == "cast":
                dtype = "fp16"    # fp16 to bf16: as many bytes written as read
            stratum = f"{op}-{dtype}-e{size_index}"
            draw = Draw(seed, "elementwise", number_of_round, stratum)
            elements = draw.log_uniform(low, high)
            width = aligned(draw.log_uniform(64, min(32768, elements)), ALIGNMENTS[(number_of_round + size_index) % 3])
            if op == "embedding":
                width = min(width, 16384)
            rows = max(1, min(elements, size.max_elements) // width)
            cases.append((op, dtype, stratum, rows, width))
    return [Case("elementwise", number_of_round, stratum, dtype, op,
                 (("elements", rows * width), ("inputs", 2 if op in TWO_INPUTS else 1), ("rows", rows)), protocols(index + number_of_round), "random")
            for index, (op, dtype, stratum, rows, width) in enumerate(cases)]


def end_to_end_cases(size, seed, number_of_round):
    shapes = [("prefill", 1, 128), ("prefill", 1, 1024), ("prefill", 4, 2048), ("decode", 1, 1024), ("decode", 16, 1024), ("decode", 64, 2048)]
    if size.max_kv <= 1024:
        shapes = [("prefill", 1, 64), ("decode", 2, 128)]
    cases = []
    for model in size.models:
        for phase, batch, tokens in shapes:
            for dtype in ["fp16", "bf16"]:
                cases.append((model, phase, batch, tokens, dtype))
    # The shapes are spread over the first rounds, in an order that the seed decides.
    cases = Draw(seed, "end_to_end").shuffled(cases)
    share = -(-len(cases) // min(size.rounds, 4))
    return [Case("end_to_end", number_of_round, f"{model}-{phase}-{dtype}-b{batch}-s{tokens}", dtype, phase,
                 (("model", model), ("batch", batch), ("seq", tokens)), (HOT, EAGER), model)
            for model, phase, batch, tokens, dtype in cases[number_of_round * share:(number_of_round + 1) * share]]


def launch_cases(size, seed, number_of_round):
    """Every third round, so that drift over the run shows."""
    if number_of_round % 3:
        return []
    return [Case("launch", number_of_round, op, "fp32", op, (), (LAUNCH,), "fixed")
            for op in ["kernel_eager", "linear_eager", "kernel_round_trip", "graph_node", "graph_launch", "graph_round_trip", "event_pair"]]


def memory_cases(size, seed, number_of_round):
    """Footprints at half octaves; odd rounds take those in between."""
    if number_of_round > 1:
        return []
    low, high = size.footprints
    count = int(round(math.log2(high / low)))
    footprints = [int(low * 2 ** (step + (0.5 if number_of_round else 0))) // 4096 * 4096 for step in range(count + 1)]
    cases = []
    for op in ["copy", "write", "read", "chase"]:
        for footprint in footprints:
            if footprint <= high and not (op == "chase" and footprint > 1 << 31):
                cases.append(Case("memory", number_of_round, f"{op}-{footprint}", "fp32", op, (("footprint_bytes", footprint),), (MEMORY,), "fixed"))
    return cases


PLANNERS = {"gemm": gemm_cases, "attention": attention_cases, "rowwise": rowwise_cases, "elementwise": elementwise_cases,
            "end_to_end": end_to_end_cases, "launch": launch_cases, "memory": memory_cases}


def plan(size_name, seed, families):
    """All cases in the order in which they are measured: round after round, the families of a round mixed evenly."""
    size = SIZES[size_name]
    ordered = []
    for number_of_round in range(size.rounds):
        mixed = []
        for family_index, family in enumerate(FAMILIES):
            if family not in families:
                continue
            cases = Draw(seed, "order", family, number_of_round).shuffled(PLANNERS[family](size, seed, number_of_round))
            if family not in ("launch", "end_to_end"):
                cases = cases[::size.thin]
            mixed += [((index + 0.5) / len(cases), family_index, index, case) for index, case in enumerate(cases)]
        ordered += [entry[3] for entry in sorted(mixed, key=lambda entry: entry[:3])]
    return ordered


# ---------------------------------------------------------------------------------------------------------------------------------
# Files: rows are appended as they come; a run can be interrupted at any moment and resumed.
# ---------------------------------------------------------------------------------------------------------------------------------

class RunError(Exception):
    """Something outside the program's control; the message says what was found and what is allowed."""


class Table:
    """One CSV file to which rows are appended, each at once on disk."""

    def __init__(self, path, names, resume):
        self.path, self.names = path, names
        self.done = []
        if resume and os.path.exists(path):
            self.done = self.recover()
        elif os.path.exists(path):
            raise RunError(f"{path}: the file exists; --resume goes on with it, another --output starts anew")
        self.file = open(path, "a", newline="", encoding="utf-8")
        self.writer = csv.DictWriter(self.file, names, lineterminator="\n")
        if self.file.tell() == 0:
            self.writer.writeheader()
            self.file.flush()

    def recover(self):
        """The rows of an earlier run; a last line that was cut short is removed."""
        with open(self.path, "rb") as file:
            content = file.read()
        whole = content[:content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with open(self.path, "r+b") as file:
                file.truncate(len(whole))
        lines = list(csv.reader(whole.decode("utf-8").splitlines()))
        if lines and lines[0] != self.names:
            raise RunError(f"{self.path}:1: the columns are {','.join(lines[0])[:80]}…, those of this version are {','.join(self.names)[:80]}…")
        for position, line in enumerate(lines, 1):
            if len(line) != len(self.names):
                raise RunError(f"{self.path}:{position}: found {len(line)} fields, the header has {len(self.names)}")
        return [dict(zip(self.names, line)) for line in lines[1:]]

    def append(self, row):
        unknown = set(row) - set(self.names)
        if unknown:
            raise KeyError(f"columns {sorted(unknown)} are not in {self.path}")
        self.writer.writerow({name: "" if row.get(name) is None else row[name] for name in self.names})
        self.file.flush()

    def close(self):
        self.file.close()


class Results:
    """The folder of a run: a table per family, the cases left out, and what has been done."""

    def __init__(self, folder, families, resume):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.tables = {family: Table(os.path.join(folder, f"{family}.csv"), columns(family), resume) for family in families}
        self.skipped = Table(os.path.join(folder, "skipped.csv"), SKIPPED.split(","), resume)
        self.done = {(row["case"], plan_source(row["source"])) for table in self.tables.values() for row in table.done}
        self.done |= {(row["case"], plan_source(row["source"])) for row in self.skipped.done}
        self.rows = self.left_out = 0

    def remaining(self, case):
        """The protocols under which a case has not been measured yet."""
        return [source for source in case.sources if (case.id, source) not in self.done]

    def add(self, case, source, row):
        self.tables[case.family].append(row)
        self.done.add((case.id, plan_source(source)))
        self.rows += 1

    def skip(self, case, source, device, reason):
        reason = " ".join(str(reason).split())[:300]
        self.skipped.append({"case": case.id, "family": case.family, "device": device, "source": source, "dtype": case.dtype, "op": case.op,
                             "shape": (case.shape_text + " " + case.variant).strip(), "reason": reason})
        self.done.add((case.id, plan_source(source)))
        self.left_out += 1

    def close(self):
        for table in list(self.tables.values()) + [self.skipped]:
            table.close()


def plan_source(source):
    """The protocol that the plan asked for, given the one that a row was measured under."""
    return {LOOP_COLD: COLD, LOOP_HOT: HOT}.get(source, source)


def write_json(path, value):
    """Writes a whole file or none."""
    temporary = path + ".partial"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, sort_keys=False)
        file.write("\n")
    os.replace(temporary, path)


IDENTIFYING = re.compile(r"host|uuid|serial|user|path|address", re.IGNORECASE)


def device_document(properties, settings):
    """What device.json holds; unknown values are left out, and so is whatever would identify the machine or its user."""
    def known(mapping):
        return {key: value for key, value in mapping.items() if value not in (None, "", "[N/A]") and not IDENTIFYING.search(key)}
    document = {"format": "ridgeline-device", "version": VERSION}
    document.update({key: known(value) if isinstance(value, dict) else value for key, value in known(properties).items()})
    document["settings"] = settings
    return document


# ---------------------------------------------------------------------------------------------------------------------------------
# Clocks and power, read only
# ---------------------------------------------------------------------------------------------------------------------------------

def parse_nvidia_smi(line):
    """A line of SM clock, memory clock, power and temperature; None for what the tool does not report."""
    values = []
    for text in line.split(","):
        try:
            values.append(float(text.strip()))
        except ValueError:
            values.append(None)
    return tuple(values) if len(values) == 4 else None


def parse_rocm_smi(text):
    """The same from `rocm-smi --json`: the keys differ between releases, so they are found by what they contain."""
    try:
        cards = [card for name, card in json.loads(text).items() if name.startswith("card")]
    except (ValueError, AttributeError):
        return None
    if not cards:
        return None

    def find(*words):
        for key, value in cards[0].items():
            if all(word in key.lower() for word in words):
                match = re.search(r"[0-9.]+", str(value))
                if match:
                    return float(match.group())
        return None
    return find("sclk", "speed"), find("mclk", "speed"), find("power", "(w)"), find("temperature", "junction") or find("temperature")


class Telemetry:
    """Samples clocks and power in the background."""

    def __init__(self, kind, selector):
        self.samples, self.lock, self.process, self.stopped = [], threading.Lock(), None, threading.Event()
        target = {"cuda": self.follow_nvidia, "hip": self.poll_rocm}.get(kind)
        self.selector = selector
        if target:
            threading.Thread(target=target, daemon=True).start()

    def follow_nvidia(self):
        for power in ["power.draw.instant", "power.draw"]:
            try:
                self.process = subprocess.Popen(
                    ["nvidia-smi", "-i", self.selector, f"--query-gpu=clocks.sm,clocks.mem,{power},temperature.gpu",
                     "--format=csv,noheader,nounits", "-lms", "50"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            except OSError:
                return
            for line in self.process.stdout:
                self.keep(parse_nvidia_smi(line))
            if self.samples or self.stopped.is_set():
                return

    def poll_rocm(self):
        while not self.stopped.wait(0.2):
            text = tool_output(["rocm-smi", "-d", self.selector, "--showclocks", "--showpower", "--showtemp", "--json"])
            if not text:
                return
            self.keep(parse_rocm_smi(text))

    def keep(self, values):
        if values:
            with self.lock:
                self.samples = self.samples[-2000:] + [(time.monotonic(), values)]

    def between(self, start, stop):
        """Medians of the samples of a span of time; nothing where none fell into it."""
        with self.lock:
            inside = [values for moment, values in self.samples if start <= moment <= stop]
        medians = []
        for position in range(4):
            known = [values[position] for values in inside if values[position] is not None]
            medians.append(median(known) if known else None)
        return dict(zip(["sm_clock_mhz", "memory_clock_mhz", "power_w", "temperature_c"], medians))

    def stop(self):
        self.stopped.set()
        if self.process and self.process.poll() is None:
            self.process.terminate()


# ---------------------------------------------------------------------------------------------------------------------------------
# The device. From here on PyTorch is needed; `torch` is imported by Device alone.
# ---------------------------------------------------------------------------------------------------------------------------------

class Unsupported(Exception):
    """This device or this PyTorch lacks an operator or a format."""


class Device:
    """The accelerator: what it is, how its memory is filled and how time passes on it."""

    def __init__(self, name):
        try:
            import torch
        except ImportError as error:
            raise RunError(f"PyTorch cannot be imported ({error}); --plan works without it") from error
        self.torch = torch
        if name is None:
            name = "cuda:0" if torch.cuda.is_available() else "cpu"
        if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
            raise RunError(f"--device is '{name}', 'cpu' or 'cuda:N' belongs here (ROCm devices are 'cuda:N' too)")
        if name != "cpu" and not torch.cuda.is_available():
            raise RunError(f"--device is '{name}', but this PyTorch sees no GPU; 'cpu' is allowed")
        self.device = torch.device(name if name != "cuda" else "cuda:0")
        self.kind = "cpu" if name == "cpu" else "hip" if torch.version.hip else "cuda"
        self.triton, self.triton_problem = None, None
        if self.kind == "cpu":
            self.name, self.properties = cpu_name(), None
            # A socket's cache may be larger than any buffer that a small run can afford; 64 MiB evicts what a core and its share hold.
            self.cache_bytes = min(cpu_cache_bytes() or 1 << 25, 1 << 26)
            self.architecture = ""
            # One core: a CPU serves to try the kit, and barriers between threads would measure what else the machine is doing.
            torch.set_num_threads(1)
        else:
            if self.device.index >= torch.cuda.device_count():
                raise RunError(f"--device is '{name}', this PyTorch sees {torch.cuda.device_count()} GPU(s), counted from 0")
            torch.cuda.set_device(self.device)
            self.properties = torch.cuda.get_device_properties(self.device)
            self.name = self.properties.name
            self.architecture = getattr(self.properties, "gcnArchName", "") if self.kind == "hip" else ""
            self.cache_bytes = getattr(self.properties, "L2_cache_size", 0) or 64 << 20
            if self.kind == "hip":    # a memory-side cache of 256 MB behind the L2 of recent Instinct chips is not reported
                self.cache_bytes = max(self.cache_bytes, 256 << 20)
            self.triton, self.triton_problem = working_triton(torch, self.device)
        # More than the cache, so that nothing outlives it under any replacement policy; read, not written, so that no line is left dirty.
        self.scratch = torch.zeros(3 * self.cache_bytes // 4, dtype=torch.float32, device=self.device)
        self.generator = torch.Generator(device=self.device)

    @property
    def capability(self):
        return (self.properties.major, self.properties.minor) if self.kind == "cuda" else (0, 0)

    def synchronize(self):
        if self.kind != "cpu":
            self.torch.cuda.synchronize(self.device)

    def free_bytes(self):
        if self.kind == "cpu":
            return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        free, _ = self.torch.cuda.mem_get_info(self.device)
        held = self.torch.cuda.memory_reserved(self.device) - self.torch.cuda.memory_allocated(self.device)
        return free + held

    def flush(self):
        """Replaces the contents of the caches."""
        self.torch.amax(self.scratch)

    def gather_garbage(self):
        if self.kind != "cpu" and self.torch.cuda.memory_reserved(self.device) > 0.3 * self.properties.total_memory:
            self.torch.cuda.empty_cache()

    def normal(self, count, shape, dtype):
        """`count` tensors of random normal values, each from a 512-byte boundary on (power depends on the data, zeros are too cheap)."""
        elements = math.prod(shape)
        stride = -(-elements // 512) * 512
        pool = self.torch.empty(count * stride, dtype=dtype, device=self.device).normal_(generator=self.generator)
        return [pool[index * stride:index * stride + elements].view(shape) for index in range(count)]

    def eight_bit(self, count, shape, dtype, by_row):
        """Normal values quantised with real scales (largest magnitude to the end of the range): pairs of tensor and scale."""
        top = 127.0 if dtype == self.torch.int8 else self.torch.finfo(dtype).max
        pairs = []
        for _ in range(count):
            values = self.torch.empty(shape, dtype=self.torch.float32, device=self.device).normal_(generator=self.generator)
            scale = (values.abs().amax(dim=1, keepdim=True) if by_row else values.abs().amax()).clamp_min(1e-6) / top
            values = values / scale
            pairs.append(((values.round() if dtype == self.torch.int8 else values).to(dtype), scale))
        return pairs

    def fp8(self):
        torch = self.torch
        if not hasattr(torch, "_scaled_mm") or not hasattr(torch, "float8_e4m3fn"):
            raise Unsupported("this PyTorch has no torch._scaled_mm")
        if self.kind == "cpu":
            raise Unsupported("fp8 products are emulated on a CPU")
        if self.kind == "cuda" and self.capability < (8, 9):
            raise Unsupported("no fp8 matrix units (compute capability below 8.9)")
        return torch.float8_e4m3fnuz if self.architecture.startswith("gfx94") else torch.float8_e4m3fn

    def matrix_format(self, dtype):
        """The format of a product's operands. A CPU without instructions for it widens them one by one, which measures the conversion."""
        needed = {"fp16": ("avx512_fp16", "amx_fp16", "asimdhp"), "bf16": ("avx512_bf16", "amx_bf16", "bf16")}.get(dtype)
        if self.kind == "cpu" and needed and not set(needed) & cpu_flags():
            raise Unsupported(f"{dtype} products are emulated on this CPU")
        return self.tensor_format(dtype)

    def tensor_format(self, dtype):
        if dtype == "tf32" and (self.kind != "cuda" or self.capability < (8, 0)):
            raise Unsupported("no TF32 on this device")
        if dtype == "bf16" and self.kind == "cuda" and self.capability < (8, 0):
            raise Unsupported("bf16 is emulated on this device")
        return {"fp32": self.torch.float32, "tf32": self.torch.float32, "fp16": self.torch.float16, "bf16": self.torch.bfloat16}[dtype]

    def describe(self):
        """What device.json says of the hardware and the software."""
        torch, document = self.torch, {"name": self.name, "backend": self.kind}
        software = {"python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda, "hip": torch.version.hip}
        if self.kind == "cpu":
            document.update(cores=os.cpu_count(), threads=torch.get_num_threads(), l2_or_last_level_cache_bytes=cpu_cache_bytes(),
                            memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), instruction_set=platform.machine())
        else:
            p = self.properties
            document.update(
                compute_capability=f"{p.major}.{p.minor}" if self.kind == "cuda" else None, architecture=self.architecture,
                sm_count=p.multi_processor_count, memory_bytes=p.total_memory, l2_cache_bytes=getattr(p, "L2_cache_size", None),
                memory_bus_width_bits=getattr(p, "memory_bus_width", None), warp_size=getattr(p, "warp_size", None),
                shared_memory_per_sm_bytes=getattr(p, "shared_memory_per_multiprocessor", None),
                registers_per_sm=getattr(p, "regs_per_multiprocessor", None), threads_per_sm=getattr(p, "max_threads_per_multi_processor", None))
            software["cudnn"] = torch.backends.cudnn.version()
            software["triton"] = self.triton["version"] if self.triton else None
            software["triton_problem"] = self.triton_problem
            document.update(nvidia_facts(self.selector()) if self.kind == "cuda" else rocm_facts(self.selector()))
        document["software"] = software
        return document

    def selector(self):
        """How nvidia-smi or rocm-smi name this device, whatever devices are hidden from PyTorch."""
        uuid = str(getattr(self.properties, "uuid", ""))
        if self.kind == "cuda" and uuid:
            uuid = uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"
            if tool_output(["nvidia-smi", "-i", uuid, "--query-gpu=name", "--format=csv,noheader"]):
                return uuid
        index = self.device.index if self.device.index is not None else 0
        visible = os.environ.get("CUDA_VISIBLE_DEVICES" if self.kind == "cuda" else "HIP_VISIBLE_DEVICES", "")
        entries = [entry.strip() for entry in visible.split(",") if entry.strip()]
        return entries[index] if index < len(entries) else str(index)


def tool_output(command):
    """What a vendor's tool prints, nothing where it is absent or fails."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def nvidia_facts(selector):
    names = {"driver_version": "driver", "clocks.max.sm": "max_sm_clock_mhz", "clocks.max.memory": "max_memory_clock_mhz",
             "clocks.applications.graphics": "application_sm_clock_mhz", "power.limit": "power_limit_w", "power.default_limit": "default_power_limit_w",
             "power.max_limit": "max_power_limit_w", "ecc.mode.current": "ecc", "mig.mode.current": "mig", "pcie.link.gen.max": "pcie_generation",
             "pcie.link.width.max": "pcie_lanes"}
    facts = {}
    for query, name in names.items():    # one by one: an unknown name fails the whole query
        text = tool_output(["nvidia-smi", "-i", selector, f"--query-gpu={query}", "--format=csv,noheader,nounits"])
        if text and "[" not in text:
            facts[name] = float(text) if re.fullmatch(r"[0-9.]+", text) and name != "driver" else text
    return facts


def rocm_facts(selector):
    try:
        cards = json.loads(tool_output(["rocm-smi", "-d", selector, "--showmaxpower", "--showdriverversion", "--json"]))
    except ValueError:
        return {}
    facts = {}
    for key, value in [pair for card in cards.values() if isinstance(card, dict) for pair in card.items()]:
        if "max" in key.lower() and "power" in key.lower():
            facts["power_limit_w"] = float(value)
        elif "driver version" in key.lower():
            facts["driver"] = value
    return facts


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        return names[0] if names else platform.machine()
    except OSError:
        return platform.machine()


def cpu_flags():
    """Instruction-set extensions as the system names them."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return {flag for line in file if line.startswith(("flags", "Features")) for flag in line.split(":", 1)[1].split()}
    except OSError:
        return set()


def cpu_cache_bytes():
    """Size of the last cache level, None where the system does not say."""
    try:
        with open("/sys/devices/system/cpu/cpu0/cache/index3/size", encoding="utf-8") as file:
            text = file.read().strip()
        return int(text[:-1]) * {"K": 1 << 10, "M": 1 << 20}[text[-1]]
    except (OSError, ValueError, KeyError, IndexError):
        return None


def triton_kernels():
    """Kernels that PyTorch has no operator for. Raises ImportError where Triton is not installed."""
    global tl
    import triton
    import triton.language as tl

    @triton.jit
    def gated(gate, up, out, count, BLOCK: tl.constexpr, GELU: tl.constexpr):
        offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
        inside = offsets < count
        g = tl.load(gate + offsets, mask=inside, other=0.0).to(tl.float32)
        u = tl.load(up + offsets, mask=inside, other=0.0).to(tl.float32)
        # gelu by its sigmoid form, 1.702 (Hendrycks and Gimpel, 2016)
        activated = g / (1.0 + tl.exp(-1.702 * g)) if GELU else g / (1.0 + tl.exp(-g))
        tl.store(out + offsets, (activated * u).to(out.dtype.element_ty), mask=inside)

    @triton.jit
    def read(source, out, blocks, passes, PROGRAMS: tl.constexpr, BLOCK: tl.constexpr):
        # Each pass a program reads other blocks than before, past the L1, so that what is measured is the L2 or the memory behind it.
        program = tl.program_id(0)
        total = tl.zeros([BLOCK], dtype=tl.float32)
        for turn in range(passes):
            block = (program + turn * 7) % PROGRAMS
            while block < blocks:
                total += tl.load(source + block.to(tl.int64) * BLOCK + tl.arange(0, BLOCK), cache_modifier=".cg")
                block += PROGRAMS
        tl.store(out + program * BLOCK + tl.arange(0, BLOCK), total)

    @triton.jit
    def chase(links, out, steps):
        position = tl.load(out)
        for _ in range(steps):
            position = tl.load(links + position)
        tl.store(out, position)

    return {"version": triton.__version__, "gated": gated, "read": read, "chase": chase}


def working_triton(torch, device):
    """The Triton kernels after a trial, or None and why: Triton may be installed and yet lack a C compiler or know this device's code."""
    try:
        kernels = triton_kernels()
    except ImportError:
        return None, None
    try:
        data, out = torch.ones(4096, dtype=torch.float32, device=device), torch.zeros(4096, dtype=torch.float32, device=device)
        kernels["gated"][(2,)](data, data, out, 4096, BLOCK=2048, GELU=False)
        kernels["read"][(4,)](data, out, 4, 1, PROGRAMS=4, BLOCK=1024)
        links, position = torch.zeros(64, dtype=torch.int64, device=device), torch.zeros(1, dtype=torch.int64, device=device)
        kernels["chase"][(1,)](links, position, 16, num_warps=1)
        torch.cuda.synchronize(device)
    except Exception as error:    # compilers, drivers and Triton itself raise what they like
        return None, first_line(error)
    return kernels, None


def first_line(error):
    """The first line of an error's text that says something, or its type."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]


# ---------------------------------------------------------------------------------------------------------------------------------
# Problems: a case as tensors, a call and a check against a reference of higher precision
# ---------------------------------------------------------------------------------------------------------------------------------

TOLERANCE = {"fp32": 2e-4, "tf32": 1e-2, "fp16": 2e-2, "bf16": 5e-2, "fp8_plain": 1e-1, "int8": 0.0}


@dataclass
class Problem:
    """One operator: `make(count)` gives argument tuples, `call` runs one, `check(arguments, output)` gives the error."""
    make: object
    call: object
    check: object
    set_bytes: int             # inputs and output of one call
    kernel: str
    keep: list = field(default_factory=list)
    around: object = contextlib.nullcontext    # entered once around all calls, so that its cost is in no time


def deviation(output, reference):
    """The largest error, relative to the value and to the root mean square of all values; infinite where an output was not written."""
    output, reference = output.double(), reference.double()
    if not bool(output.isfinite().all()):
        return math.inf
    scale = reference.abs() + reference.pow(2).mean().sqrt()
    return float(((output - reference).abs() / scale.clamp_min(1e-30)).max())


def some(count, most=8):
    """Up to `most` indices from first to last."""
    return sorted({round(index * (count - 1) / (most - 1)) for index in range(most)})


def gemm_problem(device, case):
    torch, F = device.torch, device.torch.nn.functional
    batch, m, n, k = (case[name] for name in ("batch", "m", "n", "k"))
    by_row = case.variant == "row"
    if case.dtype in ("fp8_plain", "int8"):
        dtype = torch.int8 if case.dtype == "int8" else device.fp8()
        if case.dtype == "int8" and not hasattr(torch, "_int_mm"):
            raise Unsupported("this PyTorch has no torch._int_mm")

        def make(count):
            pairs = zip(device.eight_bit(count, (m, k), dtype, by_row), device.eight_bit(count, (n, k), dtype, by_row))
            return [(a, b.t(), a_scale, b_scale.t() if by_row else b_scale) for (a, a_scale), (b, b_scale) in pairs]

        def call(a, b, a_scale, b_scale):
            if case.dtype == "int8":
                return torch._int_mm(a, b)
            return torch._scaled_mm(a, b, scale_a=a_scale, scale_b=b_scale, out_dtype=torch.bfloat16, use_fast_accum=True)

        def check(arguments, output):
            a, b, a_scale, b_scale = arguments
            rows, columns = some(m), some(n, 512)

            def chosen(tensor, indices):    # picked as bytes: not every PyTorch indexes 8-bit floats
                return tensor.view(torch.uint8)[indices].view(dtype).float()
            part, left, right = output[rows][:, columns], chosen(a, rows), chosen(b.t(), columns).t()
            if case.dtype == "int8":
                return float((part.double() - left.double() @ right.double()).abs().max())
            left, right = left * (a_scale[rows] if by_row else a_scale), right * (b_scale[:, columns] if by_row else b_scale)
            return deviation(part, left.double() @ right.double())
        return Problem(make, call, check, m * k + n * k + m * n * (4 if case.dtype == "int8" else 2),
                       "torch._int_mm" if case.dtype == "int8" else "torch._scaled_mm")
    dtype = device.matrix_format(case.dtype)
    # "high" lets fp32 products use TF32; it is set before each case because a captured graph keeps the kernel that was chosen.
    torch.set_float32_matmul_precision("high" if case.dtype == "tf32" else "highest")
    left, right = ((m, k), (n, k)) if case.op == "linear" else ((batch, m, k), (batch, k, n))
    call = F.linear if case.op == "linear" else torch.bmm

    def check(arguments, output):
        a, b = arguments
        rows, columns = some(m), some(n, 512)
        if case.op == "linear":
            return deviation(output[rows][:, columns], a[rows].double() @ b[columns].double().t())
        which = some(batch, 3)
        return deviation(output[which][:, rows][:, :, columns], a[which][:, rows].double() @ b[which][:, :, columns].double())
    return Problem(lambda count: list(zip(device.normal(count, left, dtype), device.normal(count, right, dtype))), call, check,
                   batch * (m * k + n * k + m * n) * dtype.itemsize, "F.linear" if case.op == "linear" else "torch.bmm")


def attention_problem(device, case):
    torch, F = device.torch, device.torch.nn.functional
    batch, queries, keys, heads, kv_heads, head_dim = (case[n] for n in ("batch", "q_tokens", "kv_tokens", "heads", "kv_heads", "head_dim"))
    dtype = device.matrix_format(case.dtype)
    grouped = {"enable_gqa": True} if heads != kv_heads else {}
    if grouped and not version_at_least(torch, 2, 5):
        raise Unsupported("grouped heads need PyTorch 2.5")
    causal = queries > 1
    from torch.nn.attention import SDPBackend, sdpa_kernel
    wanted = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": getattr(SDPBackend, "CUDNN_ATTENTION", None)}[case.variant]
    if wanted is None or (case.variant == "cudnn" and device.kind != "cuda"):
        raise Unsupported("no cuDNN attention here")

    def make(count):
        kv = (batch, kv_heads, keys, head_dim)
        return list(zip(device.normal(count, (batch, heads, queries, head_dim), dtype), device.normal(count, kv, dtype), device.normal(count, kv, dtype)))

    def call(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal, **grouped)

    def check(arguments, output):
        q, k, v = arguments
        worst = 0.0
        for b in some(batch, 2):
            for head in some(heads, 3):
                rows = some(queries)
                group = head // (heads // kv_heads)
                scores = q[b, head, rows].double() @ k[b, group].double().t() / math.sqrt(head_dim)
                if causal:
                    later = torch.arange(keys, device=device.device)[None, :] > torch.tensor(rows, device=device.device)[:, None]
                    scores = scores.masked_fill(later, -math.inf)
                worst = max(worst, deviation(output[b, head, rows], scores.softmax(-1) @ v[b, group].double()))
        return worst
    return Problem(make, call, check, batch * head_dim * (2 * heads * queries + 2 * kv_heads * keys) * dtype.itemsize,
                   f"sdpa-{case.variant}", around=lambda: sdpa_kernel(wanted))


def rowwise_problem(device, case):
    torch, F = device.torch, device.torch.nn.functional
    rows, cols = case["rows"], case["cols"]
    dtype = device.tensor_format(case.dtype)
    if case.op == "rmsnorm" and not hasattr(torch.ops.aten, "_fused_rms_norm"):
        raise Unsupported("F.rms_norm is not one kernel in this PyTorch")
    call = {"softmax": lambda x, w, b: torch.softmax(x, dim=-1), "layernorm": lambda x, w, b: F.layer_norm(x, (cols,), w, b),
            "rmsnorm": lambda x, w, b: F.rms_norm(x, (cols,), w, 1e-6)}[case.op]

    def make(count):
        return list(zip(device.normal(count, (rows, cols), dtype), device.normal(count, (cols,), dtype), device.normal(count, (cols,), dtype)))

    def check(arguments, output):
        chosen = some(rows)
        x, w, b = arguments[0][chosen].double(), arguments[1].double(), arguments[2].double()
        if case.op == "softmax":
            return deviation(output[chosen], torch.softmax(x, dim=-1))
        if case.op == "layernorm":
            x = x - x.mean(-1, keepdim=True)
            return deviation(output[chosen], x * (x.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt() * w + b)
        return deviation(output[chosen], x * (x.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt() * w)
    return Problem(make, call, check, 2 * rows * cols * dtype.itemsize, {"layernorm": "F.layer_norm", "rmsnorm": "F.rms_norm"}.get(case.op, "torch.softmax"))


def elementwise_problem(device, case):
    torch, F = device.torch, device.torch.nn.functional
    rows = case["rows"]
    shape = (rows, case["elements"] // rows)
    dtype = device.tensor_format(case.dtype)
    device.tensor_format("bf16" if case.op == "cast" else case.dtype)
    set_bytes = math.prod(shape) * (case["inputs"] + 1) * dtype.itemsize
    if case.op == "embedding":
        # 32 000 rows, as in Llama's vocabulary; one table for all sets, other rows for each.
        table = device.normal(1, (32000, shape[1]), dtype)[0]
        return Problem(lambda count: [(torch.randint(0, 32000, (rows,), device=device.device, generator=device.generator),) for _ in range(count)],
                       lambda ids: F.embedding(ids, table), lambda arguments, output: deviation(output[some(rows)], table[arguments[0][some(rows)]]),
                       set_bytes, "F.embedding", [table])
    functions = {
        "relu": F.relu, "gelu": F.gelu, "tanh": torch.tanh, "silu": F.silu, "sigmoid": torch.sigmoid, "exp": torch.exp, "add": torch.add,
        "mul": torch.mul, "div": torch.div, "pow": torch.pow, "add_scalar": lambda x: torch.add(x, 0.7), "mul_scalar": lambda x: torch.mul(x, 0.7),
        "div_scalar": lambda x: torch.div(x, 0.7), "pow_scalar": lambda x: torch.pow(x, 0.7),
        "cast": lambda x: x.to(torch.bfloat16 if x.dtype == torch.float16 else x.dtype)}
    reference = dict(functions, silu_mul=lambda g, u: F.silu(g) * u, gelu_mul=lambda g, u: g * torch.sigmoid(1.702 * g) * u)[case.op]
    kernel, call = f"torch.{case.op}", functions.get(case.op)
    if case.op in ("silu_mul", "gelu_mul"):
        if not device.triton:
            raise Unsupported("gated activations are one kernel only with Triton")
        kernel, gelu, count = "triton", case.op == "gelu_mul", math.prod(shape)

        def call(gate, up):
            out = torch.empty_like(gate)
            device.triton["gated"][(-(-count // 2048),)](gate, up, out, count, BLOCK=2048, GELU=gelu)
            return out

    def make(count):
        pools = [device.normal(count, shape, dtype) for _ in range(case["inputs"])]
        if case.op in ("div", "pow", "pow_scalar"):    # away from zero and from negative bases
            for pool in pools:
                for tensor in pool:
                    tensor.abs_().add_(0.5)
        return list(zip(*pools))

    def check(arguments, output):
        chosen = some(rows)
        return deviation(output[chosen], reference(*[tensor[chosen].double() for tensor in arguments]))
    return Problem(make, call, check, set_bytes, kernel)


def decoder_weights(device, model, dtype):
    def matrix(rows, cols):
        return device.normal(1, (rows, cols), dtype)[0].mul_(cols ** -0.5)
    ones = device.torch.ones(model.hidden, dtype=dtype, device=device.device)
    attention = (model.heads + 2 * model.kv_heads) * model.head_dim
    weights = {"layers": [{"qkv": matrix(attention, model.hidden), "out": matrix(model.hidden, model.heads * model.head_dim),
                           "up": matrix(2 * model.intermediate, model.hidden), "down": matrix(model.hidden, model.intermediate),
                           "norm1": ones, "norm2": ones} for _ in range(model.layers)], "norm": ones}
    if model.vocabulary:
        weights.update(embedding=matrix(model.vocabulary, model.hidden), head=matrix(model.vocabulary, model.hidden))
    return weights


def decoder_forward(torch, model, weights, tokens, caches, start):
    """Runs `tokens` (ids, or hidden states for bare layers) that begin at position `start`; logits or states of the last token."""
    F = torch.nn.functional
    x = F.embedding(tokens, weights["embedding"]) if model.vocabulary else tokens
    batch, length, _ = x.shape
    half, stop = model.head_dim // 2, start + length

    def norm(x, gain):
        return F.rms_norm(x, (model.hidden,), gain, 1e-6)

    frequencies = 10000.0 ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = torch.arange(start, stop, device=x.device, dtype=torch.float32)[:, None] * frequencies
    cosine, sine = (torch.cat([part, part], -1).to(x.dtype) for part in (angles.cos(), angles.sin()))

    def rotated(x):
        return x * cosine + torch.cat([-x[..., half:], x[..., :half]], -1) * sine

    for layer, (keys, values) in zip(weights["layers"], caches):
        projected = F.linear(norm(x, layer["norm1"]), layer["qkv"]).view(batch, length, -1, model.head_dim).transpose(1, 2)
        q, k, v = projected.split([model.heads, model.kv_heads, model.kv_heads], 1)
        keys[:, :, start:stop] = rotated(k)
        values[:, :, start:stop] = v
        mixed = F.scaled_dot_product_attention(rotated(q), keys[:, :, :stop], values[:, :, :stop], is_causal=length > 1,
                                               **({"enable_gqa": True} if model.heads != model.kv_heads else {}))
        x = x + F.linear(mixed.transpose(1, 2).reshape(batch, length, -1), layer["out"])
        gate, up = F.linear(norm(x, layer["norm2"]), layer["up"]).chunk(2, -1)
        x = x + F.linear(F.silu(gate) * up, layer["down"])
    last = norm(x[:, -1], weights["norm"])
    return F.linear(last, weights["head"]) if model.vocabulary else last


def end_to_end_problem(device, case):
    torch, model, dtype = device.torch, DECODERS[case["model"]], device.matrix_format(case.dtype)
    if not version_at_least(torch, 2, 5):
        raise Unsupported("the decoder needs PyTorch 2.5 (F.rms_norm, grouped heads)")
    batch, tokens = case["batch"], case["seq"]
    length, start = (tokens, 0) if case.op == "prefill" else (1, tokens - 1)
    per_layer = model.hidden * (model.heads * 2 + 2 * model.kv_heads) * model.head_dim + 3 * model.hidden * model.intermediate
    cache_elements = 2 * model.layers * batch * model.kv_heads * tokens * model.head_dim
    activations = batch * length * (4 * model.hidden + 3 * model.intermediate)
    set_bytes = (model.layers * per_layer + 2 * model.vocabulary * model.hidden + cache_elements + activations) * dtype.itemsize

    def make(count):
        inputs = device.normal(1, (batch, length, model.hidden), dtype)[0]
        if model.vocabulary:
            inputs = torch.randint(0, model.vocabulary, (batch, length), device=device.device, generator=device.generator)
        shape = (batch, model.kv_heads, tokens, model.head_dim)
        caches = [(device.normal(1, shape, dtype)[0], device.normal(1, shape, dtype)[0]) for _ in range(model.layers)]
        return [(decoder_weights(device, model, dtype), inputs, caches)] * count

    def call(weights, inputs, caches):
        return decoder_forward(torch, model, weights, inputs, caches, start)

    def check(arguments, output):
        weights, inputs, caches = arguments
        wide = {name: [{key: tensor.float() for key, tensor in layer.items()} for layer in value] if name == "layers" else value.float()
                for name, value in weights.items()}
        inputs = inputs if model.vocabulary else inputs.float()
        reference = decoder_forward(torch, model, wide, inputs, [(k.float(), v.float()) for k, v in caches], start).double()
        if not bool(output.isfinite().all()):
            return math.inf
        return float((output.double() - reference).pow(2).mean().sqrt() / reference.pow(2).mean().sqrt())
    return Problem(make, call, check, set_bytes, "decoder")


def version_at_least(torch, *wanted):
    return tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2]) >= wanted


PROBLEMS = {"gemm": gemm_problem, "attention": attention_problem, "rowwise": rowwise_problem, "elementwise": elementwise_problem,
            "end_to_end": end_to_end_problem}


# ---------------------------------------------------------------------------------------------------------------------------------
# Timing
# ---------------------------------------------------------------------------------------------------------------------------------

MOST_CALLS = 400               # of one graph: enough that the spread of event times and of graph launches is below one percent of a span


@dataclass
class Timing:
    """Times of one call in microseconds, and how they came about."""
    times: list
    source: str
    calls: int = 1             # in one timed span
    sets: int = 1              # of operands that took turns
    note: str = ""
    error: object = None       # against the reference, None where not checked
    began: float = 0.0
    ended: float = 0.0


class WrongResult(Exception):
    """A timed call did not compute what it should."""


class Timer:
    def __init__(self, device, size):
        self.device, self.size, self.torch = device, size, device.torch
        # One stream for all captures: libraries keep a workspace for each stream they have seen.
        self.stream = None if device.kind == "cpu" else self.torch.cuda.Stream(device.device)

    def settle(self):
        """Keeps the device busy until it has left its idle clocks."""
        a = self.device.normal(1, (1024, 1024), self.torch.float32)[0]
        stop = time.monotonic() + self.size.settle_s
        while time.monotonic() < stop:
            for _ in range(20):
                self.torch.mm(a, a)
            self.device.synchronize()

    def span(self, work, before=None):
        """Starts `work` between two marks; the returned function gives the microseconds, after a synchronisation."""
        if self.device.kind == "cpu":
            if before:
                before()
            start = time.perf_counter_ns()
            work()
            elapsed = (time.perf_counter_ns() - start) / 1e3
            return lambda: elapsed
        start, stop = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        if before:
            before()
        start.record()
        work()
        stop.record()
        return lambda: start.elapsed_time(stop) * 1e3

    def estimate(self, work):
        """Rough microseconds of one call as the host sees it, after a first call that loads and tunes the kernel."""
        work()
        self.device.synchronize()
        calls = 1
        while True:
            start = time.perf_counter_ns()
            for _ in range(calls):
                work()
            self.device.synchronize()
            elapsed = (time.perf_counter_ns() - start) / 1e3
            if elapsed > 200 or calls >= 64:
                return max(0.2, elapsed / calls)
            calls *= 4

    def set_count(self, problem, estimate):
        """Sets of operands that take turns: more bytes than the caches hold, and a span that is long against the gaps between replays."""
        # float32 copies while 8-bit operands are made and references computed take their share
        memory = min(0.35 * self.device.free_bytes(), (24 << 30) if self.device.kind != "cpu" else (1 << 27))
        wanted = max(math.ceil(300 / estimate), math.ceil(3 * self.device.cache_bytes / problem.set_bytes))
        return int(max(1, min(wanted, MOST_CALLS if self.device.kind != "cpu" else 16, memory // problem.set_bytes)))

    def repeat(self, work, calls, before=None):
        """Warms up, then times spans of `calls` calls each; microseconds of one call, per span."""
        if before:
            before()
        probe = self.span(work)
        self.device.synchronize()
        once = max(0.5, probe())
        turns = 1 if before else max(1, math.ceil(self.size.span_us / once))

        def span_of_work():
            for _ in range(turns):
                work()
        for _ in range(min(2000, math.ceil(self.size.warmup_ms * 1e3 / once))):
            work()
        self.device.synchronize()
        least = 3 if turns * once > 5e4 or self.size.target_ms < 10 else 5
        repetitions = int(max(least, min(31, self.size.target_ms * 1e3 / (turns * once))))
        spans = [self.span(span_of_work, before) for _ in range(repetitions)]
        self.device.synchronize()
        return [max(1e-3, span() / (calls * turns)) for span in spans], calls * turns

    def capture(self, calls_to_capture):
        """A graph of calls, and what `calls_to_capture` returns: the tensors that it fills."""
        stream = self.stream
        stream.wait_stream(self.torch.cuda.current_stream())
        with self.torch.cuda.stream(stream):
            calls_to_capture(warm_up=True)
        self.torch.cuda.current_stream().wait_stream(stream)
        # Not `torch.cuda.graph`: it collects garbage and empties the allocator's cache, which takes longer than most measurements.
        graph = self.torch.cuda.CUDAGraph()
        self.device.synchronize()
        gc.disable()    # a collection would free other graphs' memory in the middle of a capture, which voids it
        try:
            with self.torch.cuda.stream(stream):
                graph.capture_begin()
                try:
                    outputs = calls_to_capture(warm_up=False)
                except BaseException:
                    try:
                        graph.capture_end()
                    except Exception:
                        pass    # the capture is void; the first error says why
                    raise
                graph.capture_end()
        finally:
            gc.enable()
        self.torch.cuda.current_stream().wait_stream(stream)
        return graph, outputs

    def measure(self, problem, source, check, tolerance):
        """Times a problem under a protocol."""
        with problem.around():
            return self.measure_inside(problem, source, check, tolerance)

    def measure_inside(self, problem, source, check, tolerance):
        first = problem.make(1)
        estimate = self.estimate(lambda: problem.call(*first[0]))
        began = time.monotonic()
        if source in (EAGER, SINGLE):
            timing = self.eager(problem, source, first[0], estimate)
            sets, outputs, replay = first, [None], None
        else:
            count = self.set_count(problem, estimate) if source == COLD else 1
            sets = first if count == 1 else problem.make(count)
            timing, outputs, replay = self.back_to_back(problem, source, sets, estimate)
        timing.began, timing.ended = began, time.monotonic()
        if check:
            try:
                timing.error = self.error(problem, sets, outputs, replay)
            except Exception as error:    # the reference takes more memory than the call did; the time is none the worse for it
                if not is_out_of_memory(error):
                    raise
                timing.note = (timing.note + "; " if timing.note else "") + "not checked: the reference does not fit into memory"
                return timing
            if not timing.error <= tolerance:
                raise WrongResult(f"wrong result: error {timing.error:.3g}, at most {tolerance:.3g} is allowed")
        return timing

    def back_to_back(self, problem, source, sets, estimate):
        """Calls in a captured graph, or in a loop where there are no graphs."""
        cold = source == COLD
        calls = len(sets) if cold else int(max(1, min(MOST_CALLS, math.ceil(self.size.span_us / estimate))))
        order = sets if cold else sets * calls
        # Few small sets fit into the cache: then every span begins with a flush and touches each set once.
        before = self.device.flush if cold and len(sets) * problem.set_bytes < 3 * self.device.cache_bytes else None
        if self.device.kind != "cpu":
            def all_calls(warm_up):
                outputs, last = [], None
                for arguments in order[:2] if warm_up else order:
                    last = None    # frees a hot output, so that the next one is written to the same place
                    last = problem.call(*arguments)
                    if cold:
                        outputs.append(last)
                return outputs or [last]
            try:
                graph, outputs = self.capture(all_calls)
            except self.torch.cuda.OutOfMemoryError:
                raise
            except RuntimeError as error:
                self.device.synchronize()    # raises where the device itself has failed
                note = "no graph: " + first_line(error)[:120]
            else:
                times, calls = self.repeat(graph.replay, calls, before)
                return Timing(times, source, calls, len(sets)), outputs, graph.replay
        else:
            note = ""

        def loop():
            for arguments in order:
                problem.call(*arguments)

        def ahead():    # a delay kernel, while which the host queues the calls, so that they follow one another without gaps
            if before:
                before()
            if self.device.kind != "cpu":
                self.torch.cuda._sleep(int(min(2e7, 2e4 * calls)))
        times, calls = self.repeat(loop, calls, ahead if self.device.kind != "cpu" else before)
        return Timing(times, LOOP_COLD if cold else LOOP_HOT, calls, len(sets), note), [None], None

    def eager(self, problem, source, arguments, estimate):
        """Calls from the host: back to back, or one at a time on an idle device."""
        if source == EAGER:
            calls = int(max(1, min(500, math.ceil(2 * self.size.span_us / estimate))))

            def loop():
                for _ in range(calls):
                    problem.call(*arguments)
            times, calls = self.repeat(loop, calls)
            return Timing(times, source, calls)
        times = []
        for _ in range(25 if estimate < 1e4 else 5):
            self.device.synchronize()
            span = self.span(lambda: problem.call(*arguments))
            self.device.synchronize()
            times.append(span())
        return Timing(times[len(times) // 5:], source)

    def error(self, problem, sets, outputs, replay):
        """Runs the timed calls again on poisoned outputs and compares the first and the last with the reference."""
        def poison(tensor):
            return tensor.fill_(math.nan if tensor.is_floating_point() else -(2**31) + 1)
        if replay is None:
            # The output is allocated by the call: poison goes into the block that the allocator gives out next.
            poison(problem.call(*sets[0]))
            return problem.check(sets[0], problem.call(*sets[0]))
        for output in outputs:
            poison(output)
        replay()
        self.device.synchronize()
        # Poison that is left anywhere is an output that was not written, whichever elements the check looks at.
        for output in outputs:
            if output.is_floating_point() and not bool(output.isfinite().all()):
                return math.inf
        errors = [problem.check(sets[0], outputs[0])]
        if len(outputs) > 1:
            errors.append(problem.check(sets[-1], outputs[-1]))
        return max(errors)

    # What belongs to no operator: launches and memory

    def launch(self, case):
        torch, F, device = self.torch, self.torch.nn.functional, self.device
        x = torch.zeros(1, device=device.device)
        a, b = device.normal(1, (1, 64), torch.float32)[0], device.normal(1, (64, 64), torch.float32)[0]
        calls = 200 if device.kind == "cpu" else 1000
        if case.op in ("kernel_eager", "linear_eager"):
            work = (lambda: x.add_(1)) if case.op == "kernel_eager" else (lambda: F.linear(a, b))
            times, calls = self.repeat(lambda: [work() for _ in range(calls)], calls)
            return times, calls
        if device.kind == "cpu":
            raise Unsupported("a CPU has no launches and no graphs")
        if case.op == "event_pair":
            spans = [self.span(lambda: None) for _ in range(100)]
            device.synchronize()
            return [span() for span in spans], 1

        def graph_of(nodes):
            return self.capture(lambda warm_up: [x.add_(1) for _ in range(2 if warm_up else nodes)])[0]
        if case.op == "graph_node":
            short, long = graph_of(100), graph_of(1100)
            pairs = zip(self.repeat(short.replay, 1)[0], self.repeat(long.replay, 1)[0])
            return [(slow - fast) / 1000 for fast, slow in pairs], 1000
        one = graph_of(1)
        if case.op == "graph_launch":
            return self.repeat(lambda: [one.replay() for _ in range(calls)], calls)
        work = one.replay if case.op == "graph_round_trip" else lambda: x.add_(1)
        times = []
        for _ in range(200):
            start = time.perf_counter_ns()
            work()
            device.synchronize()
            times.append((time.perf_counter_ns() - start) / 1e3)
        return times[20:], 1

    def memory(self, case):
        """Times, calls, bytes moved by one call, steps of one call (of a pointer chase), kernel."""
        torch, device, footprint = self.torch, self.device, case["footprint_bytes"]
        if footprint > 0.6 * device.free_bytes():
            raise Unsupported(f"needs {footprint / 2**30:.1f} GiB of memory, {device.free_bytes() / 2**30:.1f} GiB are free")
        if case.op == "chase":
            return self.chase(footprint)
        elements, moved, kernel = footprint // 4, footprint, f"torch.{case.op}"
        data = torch.ones(elements, dtype=torch.float32, device=device.device)
        if case.op == "copy":
            half = elements // 2
            def work(): return data[half:2 * half].copy_(data[:half])
            moved = 2 * half * 4
        elif case.op == "write":
            def work(): return data.fill_(1.0)
        elif device.triton:
            programs, block = device.properties.multi_processor_count * 8, 1024
            blocks = elements // block
            passes = max(1, (1 << 27) // footprint)
            out = torch.zeros(programs * block, dtype=torch.float32, device=device.device)
            def work(): return device.triton["read"][(programs,)](data, out, blocks, passes, PROGRAMS=programs, BLOCK=block)
            moved, kernel = blocks * block * 4 * passes, "triton"
            work()
            if float(out.double().sum()) != blocks * block * passes:
                raise WrongResult("wrong result: the reading kernel did not read every element once in each pass")
        else:
            kernel = "torch.sum"
            def work(): return torch.sum(data)
        estimate = self.estimate(work)
        if device.kind == "cpu":
            times, calls = self.repeat(work, 1)
        else:
            nodes = int(max(1, min(200, self.size.span_us / estimate)))
            graph, _ = self.capture(lambda warm_up: [work() for _ in range(2 if warm_up else nodes)] and None)
            times, calls = self.repeat(graph.replay, nodes)
        return times, calls, moved, None, kernel

    def chase(self, footprint):
        torch, device = self.torch, self.device
        if not device.triton:
            raise Unsupported("a pointer chase needs Triton on a GPU")
        line = 16    # 128 bytes of int64
        nodes = footprint // (8 * line)
        order = torch.randperm(nodes, device=device.device, generator=device.generator) * line
        links = torch.zeros(nodes * line, dtype=torch.int64, device=device.device)
        links[order] = order.roll(-1)
        position = order[:1].clone()
        steps = min(nodes * max(1, 20000 // nodes), 50000)
        device.triton["chase"][(1,)](links, position, min(max(nodes, steps), 1000000), num_warps=1)
        device.synchronize()
        before = int(position)
        if before % line or int(links[before]) % line:
            raise WrongResult("wrong result: the chase left its ring")
        times, calls = self.repeat(lambda: device.triton["chase"][(1,)](links, position, steps, num_warps=1), 1)
        return times, calls, steps * 8 * line, steps, "triton"


# ---------------------------------------------------------------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------------------------------------------------------------

def is_out_of_memory(error):
    text = str(error).lower()
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or "out of memory" in text or "can't allocate memory" in text


class Runner:
    def __init__(self, device, size, results, telemetry, seed):
        self.device, self.size, self.results, self.telemetry, self.seed = device, size, results, telemetry, seed
        self.timer = Timer(device, size)
        self.checked = {}

    def run(self, case):
        """Measures what is left of a case. Nothing that one shape does ends the run, unless the device itself has failed."""
        sources = self.results.remaining(case)
        if self.device.kind == "cpu":
            # Calls from the host are all that a CPU has: eager and single calls would repeat the hot loop.
            sources = [source for source in sources if source not in (EAGER, SINGLE)]
        if not sources:
            return
        self.device.generator.manual_seed(Draw(self.seed, case.id).generator.getrandbits(60))
        problem = None
        for source in sources:
            try:
                if case.family == "launch":
                    row = self.launch_row(case)
                elif case.family == "memory":
                    row = self.memory_row(case)
                else:
                    problem = problem or self.problem(case)
                    row = self.operator_row(case, source, problem)
            except (Unsupported, WrongResult) as error:
                self.results.skip(case, source, self.device.name, error)
            except KeyboardInterrupt:
                raise
            except Exception as error:    # whatever PyTorch raises for one shape, in any version, must not end the run
                kind = "out of memory" if is_out_of_memory(error) else type(error).__name__
                self.results.skip(case, source, self.device.name, f"{kind}: {first_line(error)}")
                problem = None
                try:
                    if self.device.kind != "cpu":
                        self.device.synchronize()
                        self.device.torch.cuda.empty_cache()
                except Exception as failure:    # a device that has failed raises at every call, in each version something else
                    raise RunError(f"the device failed at {case.id} ({case.shape_text}): {failure}; --resume goes on behind this shape") from failure
            else:
                self.results.add(case, source, row)
            try:
                self.device.gather_garbage()
            except Exception as failure:
                raise RunError(f"the device failed behind {case.id} ({case.shape_text}): {first_line(failure)}; --resume goes on") from failure

    def settle(self):
        """Leaves idle clocks; a device that cannot run even that ends the run with a sentence."""
        try:
            self.timer.settle()
        except Exception as error:
            raise RunError(f"{self.device.name} does not run a matrix product: {first_line(error)}") from error

    def problem(self, case):
        problem = PROBLEMS[case.family](self.device, case)
        if problem.set_bytes * 1.3 > self.device.free_bytes():
            raise Unsupported(f"needs {problem.set_bytes / 2**30:.1f} GiB of memory, {self.device.free_bytes() / 2**30:.1f} GiB are free")
        return problem

    def common(self, case, timing):
        row = {"source": timing.source, "device": self.device.name, "dtype": case.dtype, "case": case.id, "origin": case.origin, "variant": case.variant,
               "repetitions": len(timing.times), "calls": timing.calls, "operand_sets": timing.sets, "note": timing.note,
               "latency_p10_us": number(percentile(timing.times, 0.1)), "latency_p90_us": number(percentile(timing.times, 0.9)),
               "checked_error": f"{timing.error:.2e}" if timing.error is not None else ""}
        row.update({name: number(value, 1) for name, value in self.telemetry.between(timing.began, timing.ended).items()})
        row.update(dict(case.shape))
        return row

    def operator_row(self, case, source, problem):
        # The first of its kind is checked, then one in eight; of whole models the first of each (the reference takes twice the memory).
        kind = (case.family, case.op, case.dtype, case.variant, source in (COLD, HOT), case.origin if case.family == "end_to_end" else "")
        seen = self.checked[kind] = self.checked.get(kind, -1) + 1
        check = seen == 0 if case.family == "end_to_end" else seen % 8 == 0
        timing = self.timer.measure(problem, source, check, TOLERANCE[case.dtype] if case.family != "end_to_end" else 0.05)
        row = self.common(case, timing)
        row["set_bytes"] = problem.set_bytes
        latency = median(timing.times)
        if case.family == "end_to_end":
            model = DECODERS[case["model"]]
            row.update(phase=case.op, gpus=1, parallelism="none", latency_ms=number(latency / 1e3, 6), forward_ms=number(latency / 1e3, 6),
                       layers=model.layers, hidden=model.hidden, heads=model.heads, kv_heads=model.kv_heads, head_dim=model.head_dim,
                       intermediate=model.intermediate, vocabulary=model.vocabulary)
            return row
        row.update(latency_us=number(latency), kernel=problem.kernel)
        row.update({"phase": case.op, "kv_dtype": case.dtype} if case.family == "attention" else {"op": case.op})
        return row

    def launch_row(self, case):
        began = time.monotonic()
        times, calls = self.timer.launch(case)
        row = self.common(case, Timing(times, LAUNCH, calls, began=began, ended=time.monotonic()))
        row.pop("dtype")
        return dict(row, op=case.op, latency_us=number(median(times)))

    def memory_row(self, case):
        began = time.monotonic()
        times, calls, moved, steps, kernel = self.timer.memory(case)
        row = self.common(case, Timing(times, MEMORY, calls, began=began, ended=time.monotonic()))
        row.pop("dtype")
        latency = median(times)
        return dict(row, op=case.op, bytes_moved=moved, latency_us=number(latency), kernel=kernel,
                    bandwidth_gb_per_s="" if steps else number(moved / latency / 1e3), latency_ns=number(latency * 1e3 / steps) if steps else "")


def print_plan(cases):
    """The plan as CSV: one line per case."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["case", "round", "family", "op", "dtype", "variant", "shape", "protocols", "origin"])
    for case in cases:
        writer.writerow([case.id, case.round, case.family, case.op, case.dtype, case.variant, case.shape_text, " ".join(case.sources), case.origin])


def prepare(arguments, device):
    """device.json of this run; a resumed run must be of the same device and plan."""
    path = os.path.join(arguments.output, "device.json")
    settings = {"seed": arguments.seed, "size": arguments.size}
    if os.path.exists(path):
        if not arguments.resume:
            raise RunError(f"{arguments.output}: the folder holds a run; --resume goes on with it, another --output starts anew")
        try:
            with open(path, encoding="utf-8") as file:
                earlier = json.load(file)
        except ValueError as error:
            raise RunError(f"{path}: no JSON ({error}); another --output starts anew") from error
        found = {key: earlier.get("settings", {}).get(key) for key in settings}
        if earlier.get("name") != device.name or found != settings:
            raise RunError(f"{path}: the run was of '{earlier.get('name')}' with {found}, this one is of '{device.name}' with {settings}")
        return
    # The command without the folder's name, which may say whose machine it is.
    settings.update(families=arguments.families, command=f"measure.py --size {arguments.size} --seed {arguments.seed} --families {arguments.families}",
                    date=datetime.now(timezone.utc).date().isoformat(), protocol_version=VERSION)
    os.makedirs(arguments.output, exist_ok=True)
    write_json(path, device_document(device.describe(), settings))


def measure(arguments, cases):
    device = Device(arguments.device)
    size = SIZES[arguments.size]
    prepare(arguments, device)
    results = Results(arguments.output, arguments.families.split(","), True)
    telemetry = Telemetry(device.kind, device.selector() if device.kind != "cpu" else "")
    budget = arguments.budget_minutes or size.budget_minutes
    started = told = time.monotonic()
    deadline = started + 60 * budget
    status = 0
    try:
        warnings.simplefilter("ignore")    # why a kernel does not fit a shape; skipped.csv has the outcome
        with device.torch.inference_mode():
            runner = Runner(device, size, results, telemetry, arguments.seed)
            runner.settle()
            for position, case in enumerate(cases):
                if time.monotonic() > deadline:
                    print(f"the budget of {budget:g} minutes is used up; {len(cases) - position} of {len(cases)} cases are left, "
                          "--resume measures them", file=sys.stderr)
                    break
                runner.run(case)
                if time.monotonic() - told > 5:
                    told = time.monotonic()
                    print(f"{told - started:5.0f} s  case {position + 1} of {len(cases)}  "
                          f"{results.rows} rows, {results.left_out} left out  {case.id}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; what was measured is kept, --resume goes on", file=sys.stderr)
        status = 130
    finally:
        telemetry.stop()
        results.close()
    print(f"{results.rows} rows, {results.left_out} left out (skipped.csv says why) in {time.monotonic() - started:.0f} s: {arguments.output}",
          file=sys.stderr)
    return status


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description="Measures the operators of transformer models on one accelerator, for Ridgeline.",
                                     epilog="docs/measuring.md says what each number means. Nothing on the device is changed.")
    parser.add_argument("--output", metavar="DIR", help="folder of the results")
    parser.add_argument("--size", choices=list(SIZES), default="small", help="how much to measure (default: small, about ten minutes)")
    parser.add_argument("--budget-minutes", type=float, metavar="M", help="stop after M minutes (default: 3, 10, 30, 120 by size)")
    parser.add_argument("--families", default=",".join(FAMILIES), metavar="F,F", help=f"of {','.join(FAMILIES)}")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random shapes (default: 1)")
    parser.add_argument("--device", metavar="D", help="cuda:N (ROCm too) or cpu; default: the first GPU, else cpu")
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    parser.add_argument("--plan", action="store_true", help="print what would be measured as CSV and stop; needs no PyTorch")
    arguments = parser.parse_args(argv)
    for family in arguments.families.split(","):
        if family not in FAMILIES:
            parser.error(f"--families has '{family}'; allowed are {', '.join(FAMILIES)}")
    if not arguments.plan and not arguments.output:
        parser.error("--output DIR is missing")
    if arguments.budget_minutes is not None and not arguments.budget_minutes > 0:
        parser.error(f"--budget-minutes is {arguments.budget_minutes:g}, a positive number belongs here")
    return arguments


def main(argv=None):
    arguments = parse_arguments(argv)
    cases = plan(arguments.size, arguments.seed, arguments.families.split(","))
    if arguments.plan:
        print_plan(cases)
        return 0

    def interrupt(signum, frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return measure(arguments, cases)
    except RunError as error:
        print(error, file=sys.stderr)
        return 65
    except OSError as error:
        print(f"{error.filename or arguments.output}: {error.strerror or error}", file=sys.stderr)
        return 65


if __name__ == "__main__":
    sys.exit(main())
