#!/usr/bin/env python3
"""Turns rocBLAS's fp32 kernel choice into the tables that Ridgeline reads.

rocBLAS publishes, for each GPU and each layout of the operands, the Tensile kernels it ships and the sizes they were tuned for; at run time it
takes the kernel of the nearest tuned size (library/src/blas3/Tensile/Logic/asm_full of its sources, MIT licence). This keeps what the
choice and the physics need: output tile, depth of a slab, splits, threads, shared memory, and the pipe that multiplies.

    scripts/tensile-kernels.py <Logic/asm_full/arcturus> arcturus Architectures/software/kernels/rocblas-6.4/gfx908

writes gfx908.kernels.csv, gfx908.normal.csv (both operands as stored) and gfx908.transposed.csv (weights contiguous along k).
Needs PyYAML. BLAS counts columns first: its first free size is our output features, its second our tokens.
"""
import csv
import pathlib
import sys

import yaml

LAYOUTS = {"normal": "Ailk_Bljk", "transposed": "Alik_Bljk"}
COLUMNS = ["kernel", "features", "tokens", "depth", "split", "slices", "threads", "shared_bytes", "matrix_pipe"]


def kernel_row(solution):
    """The numbers of one kernel."""
    return (
        solution["MacroTile0"], solution["MacroTile1"], solution["DepthU"], solution["GlobalSplitU"], solution["LocalSplitU"],
        solution["NumThreads"], solution["LdsNumElements"] * 4, 1 if solution["MatrixInstruction"] else 0,
    )


def tuned_sizes(path):
    """(features, tokens, contraction, kernel row), the fastest tuned first: the library breaks ties between equally near sizes by speed."""
    logic = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    solutions = {solution["SolutionIndex"]: solution for solution in logic[5]}
    sizes = {}
    for size, (index, speed) in sorted(logic[7], key=lambda entry: (-entry[1][1], entry[0])):
        features, tokens, _, contraction = size[:4]
        sizes.setdefault((features, tokens, contraction), kernel_row(solutions[index]))
    return [(*size, row) for size, row in sizes.items()]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    folder, schedule, target = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    tables = {layout: tuned_sizes(folder / f"{schedule}_Cijk_{code}_SB.yaml") for layout, code in LAYOUTS.items()}
    kernels = sorted({row for table in tables.values() for *_, row in table})
    number = {row: index for index, row in enumerate(kernels)}
    pathlib.Path(target).parent.mkdir(parents=True, exist_ok=True)
    write(f"{target}.kernels.csv", COLUMNS, [(number[row], *row) for row in kernels])
    for layout, table in tables.items():
        write(f"{target}.{layout}.csv", ["features", "tokens", "contraction", "kernel"], [(*size, number[row]) for *size, row in table])


def write(path, header, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


main()
