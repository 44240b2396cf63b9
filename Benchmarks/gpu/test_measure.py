"""Tests of what measure.py does without PyTorch: python3 -m unittest discover Benchmarks/gpu"""
import contextlib
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure  # noqa: E402

ALL = measure.FAMILIES
SHARED = os.environ.get("RIDGELINE_SHARED") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared")


class Schema(unittest.TestCase):
    # The header lines of the unified format, written out so that a change in measure.py alone is noticed.
    HEADERS = {
        "gemm": ["source", "device", "dtype", "op", "batch", "m", "n", "k", "latency_us", "kernel", "grid_blocks", "block_threads"],
        "rowwise": ["source", "device", "dtype", "op", "rows", "cols", "latency_us", "kernel"],
        "elementwise": ["source", "device", "dtype", "op", "elements", "inputs", "latency_us", "kernel", "rows"],
        "attention": ["source", "device", "dtype", "phase", "batch", "q_tokens", "kv_tokens", "heads", "kv_heads", "head_dim", "latency_us"],
        "end_to_end": ["source", "device", "dtype", "model", "phase", "batch", "seq", "gpus", "parallelism", "latency_ms", "forward_ms", "backward_ms"],
    }

    def test_files_begin_with_the_unified_columns(self):
        self.assertEqual(set(self.HEADERS), set(measure.UNIFIED))
        for family, header in self.HEADERS.items():
            self.assertEqual(measure.columns(family)[:len(header)], header, family)

    def test_columns_equal_those_of_the_collected_measurements(self):
        for family, header in self.HEADERS.items():
            path = os.path.join(SHARED, "measured", f"{family}.csv")
            if not os.path.exists(path):
                self.skipTest(f"{path} is not here")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(next(csv.reader(file)), header, family)

    def test_no_column_twice(self):
        for family in ALL:
            self.assertEqual([name for name, times in Counter(measure.columns(family)).items() if times > 1], [], family)

    def test_every_shape_column_is_a_column_of_its_file(self):
        for case in measure.plan("standard", 1, ALL):
            self.assertLessEqual({name for name, _ in case.shape}, set(measure.columns(case.family)), case.id)

    def test_numbers_have_no_exponent_and_unknown_is_empty(self):
        self.assertEqual([measure.number(value) for value in (1234567.0, 0.00012, 3.1400, 7, None, math.nan, math.inf, 0.0)],
                         ["1234567", "0.0001", "3.14", "7", "", "", "", "0"])


class Statistics(unittest.TestCase):
    def test_percentiles_are_linear_between_neighbours(self):
        # Five values: the 10th percentile lies at position 0.1 x 4 = 0.4, between 1 and 2.
        self.assertAlmostEqual(measure.percentile([5, 1, 4, 2, 3], 0.1), 1.4)
        self.assertEqual(measure.median([5, 1, 4, 2, 3]), 3)
        self.assertEqual(measure.median([1, 2]), 1.5)
        self.assertEqual(measure.percentile([7], 0.9), 7)

    def test_no_values_is_an_error(self):
        with self.assertRaises(ValueError):
            measure.median([])


class Plan(unittest.TestCase):
    def test_a_seed_gives_the_same_plan_and_another_seed_another(self):
        self.assertEqual(measure.plan("small", 1, ALL), measure.plan("small", 1, ALL))
        self.assertNotEqual(measure.plan("small", 1, ALL), measure.plan("small", 2, ALL))

    def test_draws_do_not_change_between_python_versions(self):
        draw = measure.Draw(1, "gemm", 0, "x")
        # As drawn by Python 3.9 to 3.13: results of two machines can be compared shape by shape.
        self.assertEqual([draw.log_uniform(1, 16384) for _ in range(4)], [1881, 14, 593, 515])

    def test_families_do_not_change_each_other(self):
        alone = measure.plan("small", 1, ["gemm"])
        self.assertEqual([case for case in measure.plan("small", 1, ALL) if case.family == "gemm"], alone)

    def test_identifiers_are_unique(self):
        for size in measure.SIZES:
            ids = Counter(case.id for case in measure.plan(size, 1, ALL))
            self.assertEqual([name for name, times in ids.items() if times > 1], [], size)

    def test_the_reference_set_is_large_enough(self):
        rows = Counter()
        for case in measure.plan("standard", 1, ALL):
            rows[case.family] += len(case.sources)
        for family, least in {"gemm": 3000, "attention": 1400, "rowwise": 500, "elementwise": 500, "end_to_end": 50}.items():
            self.assertGreaterEqual(rows[family], least, family)

    def test_every_format_and_every_magnitude_of_gemm_is_in_each_round(self):
        cases = [case for case in measure.plan("standard", 1, ["gemm"]) if case.op == "linear" and case.origin == "random"]
        for label in measure.GEMM_FORMATS:
            dtype, _, variant = label.partition("/")
            for number_of_round in range(12):
                bins = {case.id.rsplit("-", 2)[1] for case in cases if (case.dtype, case.variant, case.round) == (dtype, variant, number_of_round)}
                self.assertEqual(bins, {"m0", "m1", "m2", "m3", "m4"} if dtype != "int8" else {"m1", "m2", "m3", "m4"}, label)

    def test_half_of_a_round_has_half_of_each_family(self):
        cases = [case for case in measure.plan("standard", 1, ALL) if case.round == 0]
        whole, half = (Counter(case.family for case in part) for part in (cases, cases[:len(cases) // 2]))
        for family in whole:
            self.assertAlmostEqual(half[family] / whole[family], 0.5, delta=0.1, msg=family)

    def test_odd_sizes_are_there_and_formats_get_what_they_take(self):
        cases = [case for case in measure.plan("standard", 1, ["gemm"]) if case.op == "linear"]
        self.assertTrue(any(case["n"] % 2 and case["k"] % 2 and case["m"] % 2 for case in cases))
        for case in cases:
            if case.dtype in ("fp8_plain", "int8"):
                self.assertEqual((case["n"] % 16, case["k"] % 16), (0, 0), case)
            if case.dtype == "int8":
                self.assertGreater(case["m"], 16, case)

    def test_limits_of_a_size_hold(self):
        for name, size in measure.SIZES.items():
            for case in measure.plan(name, 3, ["gemm", "attention", "rowwise", "elementwise"]):
                if case.family == "gemm":
                    self.assertLessEqual(2.0 * case["batch"] * case["m"] * case["n"] * case["k"], size.max_operations * 1.01, case)
                elif case.family == "attention":
                    self.assertLessEqual(case["kv_tokens"], size.max_kv + 1, case)
                    self.assertEqual(case["heads"] % case["kv_heads"], 0)
                    self.assertEqual(case["q_tokens"], case["kv_tokens"] if case.op == "prefill" else 1)
                elif case.family == "elementwise":
                    self.assertEqual(case["elements"] % case["rows"], 0, case)
                self.assertTrue(all(value >= 1 for _, value in case.shape), case)

    def test_bins_cover_their_range_without_overlap(self):
        bins = measure.log_bins(1, 16384, 5)
        self.assertEqual((bins[0][0], bins[-1][1]), (1, 16384))
        for (_, stop), (start, _) in zip(bins, bins[1:]):
            self.assertEqual(start, stop + 1)

    def test_alignment_classes(self):
        self.assertEqual([measure.aligned(1000, kind) for kind in ("tile", "eight", "odd")], [1024, 1000, 1001])
        self.assertEqual([measure.aligned(1000, kind, 16) for kind in ("tile", "eight", "odd")], [1024, 992, 1008])
        self.assertEqual([measure.aligned(1, kind) for kind in ("tile", "eight", "odd")], [8, 8, 1])

    def test_the_plan_is_printed_without_pytorch(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "torch.py"), "w", encoding="utf-8") as file:
                file.write("raise ImportError('not here')\n")
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "measure.py")
            environment = dict(os.environ, PYTHONPATH=folder)
            answer = subprocess.run([sys.executable, script, "--plan", "--size", "smallest"], capture_output=True, text=True, env=environment)
            self.assertEqual(answer.returncode, 0, answer.stderr)
            rows = list(csv.DictReader(io.StringIO(answer.stdout)))
            self.assertEqual(len(rows), len(measure.plan("smallest", 1, ALL)))
            # Measuring without PyTorch is an error with a sentence, not a stack trace.
            answer = subprocess.run([sys.executable, script, "--output", folder], capture_output=True, text=True, env=environment)
            self.assertEqual((answer.returncode, "Traceback" in answer.stderr), (65, False), answer.stderr)


class Resume(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "gemm.csv")
        self.case = next(case for case in measure.plan("small", 1, ["gemm"]) if measure.HOT in case.sources)

    def results(self, resume=True):
        results = measure.Results(self.folder.name, ["gemm"], resume)
        self.addCleanup(results.close)
        return results

    def row(self, source):
        return {"source": source, "device": "d", "case": self.case.id, "latency_us": "1.5"}

    def test_what_was_measured_or_left_out_is_not_repeated(self):
        first = self.results()
        self.assertEqual(first.remaining(self.case), list(self.case.sources))
        first.add(self.case, measure.COLD, self.row(measure.COLD))
        first.close()
        second = self.results()
        self.assertNotIn(measure.COLD, second.remaining(self.case))
        second.skip(self.case, measure.HOT, "d", "out of memory")
        second.close()
        self.assertEqual(set(self.results().remaining(self.case)), set(self.case.sources) - {measure.COLD, measure.HOT})

    def test_a_row_measured_without_a_graph_counts_as_the_one_that_was_planned(self):
        first = self.results()
        first.add(self.case, measure.COLD, self.row(measure.LOOP_COLD))
        first.close()
        self.assertNotIn(measure.COLD, self.results().remaining(self.case))

    def test_rows_are_on_disk_at_once(self):
        self.results().add(self.case, measure.COLD, self.row(measure.COLD))
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 2)

    def test_a_line_cut_short_is_removed(self):
        first = self.results()
        first.add(self.case, measure.COLD, self.row(measure.COLD))
        first.close()
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("ridgeline/graph-hot,d,fp1")
        second = self.results()
        self.assertIn(measure.HOT, second.remaining(self.case))
        second.add(self.case, measure.HOT, self.row(measure.HOT))
        second.close()
        with open(self.path, newline="", encoding="utf-8") as file:
            self.assertEqual([row["source"] for row in csv.DictReader(file)], [measure.COLD, measure.HOT])

    def test_files_of_another_version_and_damaged_ones_are_refused(self):
        for content in ["a,b\n1,2\n", ",".join(measure.columns("gemm")) + "\n1,2\n"]:
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(content)
            with self.assertRaises(measure.RunError) as caught:
                self.results()
            self.assertIn(self.path, str(caught.exception))

    def test_a_new_run_does_not_write_into_an_old_one(self):
        self.results().close()
        with self.assertRaises(measure.RunError):
            self.results(resume=False)

    def test_an_unknown_column_is_an_error(self):
        with self.assertRaises(KeyError):
            self.results().add(self.case, measure.COLD, {"latency": 1})


class DeviceFile(unittest.TestCase):
    def test_nothing_in_it_identifies_the_machine(self):
        properties = {"name": "GPU", "hostname": "secret-host", "uuid": "secret", "serial": "secret", "sm_count": 132, "hip": None,
                      "software": {"torch": "2.9", "user": "secret", "hip": None}}
        document = measure.device_document(properties, {"seed": 1})
        self.assertNotIn("secret", json.dumps(document))
        self.assertEqual((document["sm_count"], document["software"]), (132, {"torch": "2.9"}))
        self.assertNotIn("hip", document)

    def test_it_is_written_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "device.json")
            measure.write_json(path, {"name": "GPU"})
            with open(path, encoding="utf-8") as file:
                self.assertEqual(json.load(file), {"name": "GPU"})
            self.assertEqual(os.listdir(folder), ["device.json"])


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch's."""


class FakeDevice:
    """A GPU as far as the run looks at it; `failures` are raised by the next synchronisations."""

    kind, name, cache_bytes, triton = "cuda", "Fake GPU", 1 << 20, None

    def __init__(self):
        self.failures, self.garbage_failures, self.emptied = [], [], 0
        device = self

        class Cuda:
            OutOfMemoryError = OutOfMemoryError

            @staticmethod
            def empty_cache():
                device.emptied += 1

            @staticmethod
            def Stream(_):
                return contextlib.nullcontext()
        self.torch = type("FakeTorch", (), {"cuda": Cuda})
        self.device = "cuda:0"
        self.generator = type("Generator", (), {"manual_seed": lambda self, seed: None})()

    def synchronize(self):
        if self.failures:
            raise self.failures.pop(0)

    def gather_garbage(self):
        if self.garbage_failures:
            raise self.garbage_failures.pop(0)

    def free_bytes(self):
        return 1 << 40


class Failures(unittest.TestCase):
    """What one shape, one family or the device does wrong, without PyTorch."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.device = FakeDevice()
        self.results = measure.Results(folder.name, ALL, True)
        self.addCleanup(self.results.close)
        self.runner = measure.Runner(self.device, measure.SIZES["smallest"], self.results, measure.Telemetry("cpu", ""), 1)
        self.cases = measure.plan("small", 1, ALL)
        self.folder = folder.name

    def measured(self, behaviour):
        """Runs all cases with `behaviour` in place of problems and timing; rows by family."""
        timing = lambda source: measure.Timing([1.0, 2.0, 3.0], source, began=0.0, ended=0.0)    # noqa: E731
        self.runner.problem = lambda case: behaviour(case) or measure.Problem(None, None, None, 1, "fake")
        self.runner.timer.measure = lambda problem, source, check, tolerance: timing(source)
        self.runner.timer.launch = lambda case: (behaviour(case) or [1.0, 2.0, 3.0], 1)
        self.runner.timer.memory = lambda case: behaviour(case) or ([1.0, 2.0, 3.0], 1, 4096, None, "fake")
        for case in self.cases:
            self.runner.run(case)
        with open(os.path.join(self.folder, "skipped.csv"), newline="", encoding="utf-8") as file:
            return {family: len(self.lines(family)) for family in ALL}, list(csv.DictReader(file))

    def lines(self, family):
        with open(os.path.join(self.folder, f"{family}.csv"), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_every_row_of_a_plan_can_be_written(self):
        rows, skipped = self.measured(lambda case: None)
        self.assertEqual(sum(rows.values()), sum(len(case.sources) for case in self.cases))
        self.assertEqual(skipped, [])

    def test_a_family_that_fails_leaves_the_others_alone(self):
        for family in ALL:
            with self.subTest(family=family):
                self.setUp()

                def behaviour(case, family=family):
                    if case.family == family:
                        raise RuntimeError("\n\nno kernel for this\nStack trace: ...")
                rows, skipped = self.measured(behaviour)
                self.assertEqual([name for name in ALL if not rows[name]], [family])
                self.assertEqual({row["reason"] for row in skipped}, {"RuntimeError: no kernel for this"})

    def test_errors_of_any_kind_are_recorded_with_their_first_line(self):
        for error, reason in [(OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB"), "out of memory: CUDA out of memory. Tried to allocate 3 GiB"),
                              (MemoryError(), "out of memory: MemoryError"), (NotImplementedError("addmm_cuda"), "NotImplementedError: addmm_cuda"),
                              (AssertionError(), "AssertionError: AssertionError"), (measure.Unsupported("no fp8"), "no fp8"),
                              (measure.WrongResult("wrong result: error 3"), "wrong result: error 3")]:
            with self.subTest(reason=reason):
                self.setUp()
                victim = next(case for case in self.cases if case.family == "attention")

                def behaviour(case, error=error, victim=victim):
                    if case is victim:
                        raise error
                _, skipped = self.measured(behaviour)
                self.assertEqual([row["reason"] for row in skipped], [reason] * len(victim.sources))

    def test_a_device_that_has_failed_ends_the_run_with_a_sentence(self):
        self.device.failures = [RuntimeError("an illegal memory access was encountered")]

        def behaviour(case):
            raise RuntimeError("an illegal memory access was encountered")
        with self.assertRaises(measure.RunError) as caught:
            self.measured(behaviour)
        self.assertIn("--resume", str(caught.exception))
        # The shape is on disk as left out, so that --resume does not meet it again.
        with open(os.path.join(self.folder, "skipped.csv"), newline="", encoding="utf-8") as file:
            self.assertEqual(len(list(csv.DictReader(file))), 1)

    def test_a_device_that_runs_nothing_is_said_to(self):
        self.runner.timer.settle = lambda: (_ for _ in ()).throw(RuntimeError("no kernel image is available\nmore"))
        with self.assertRaises(measure.RunError) as caught:
            self.runner.settle()
        self.assertEqual(str(caught.exception), "Fake GPU does not run a matrix product: no kernel image is available")

    def test_no_telemetry_tool_leaves_columns_empty(self):
        with unittest.mock.patch.dict(os.environ, {"PATH": ""}):
            telemetry = measure.Telemetry("cuda", "0")
            time.sleep(0.05)
            self.assertEqual(set(telemetry.between(0, time.monotonic()).values()), {None})
            telemetry.stop()


class Capture(unittest.TestCase):
    """Timing where a graph cannot be captured, on a device whose clock is the host's."""

    def timer(self):
        timer = measure.Timer(FakeDevice(), measure.SIZES["smallest"])
        timer.estimate = lambda work: work() or 100.0
        timer.repeat = lambda work, calls, before=None: (before() if before else None, work(), ([5.0, 6.0, 7.0], calls))[2]
        timer.device.flush = lambda: None
        timer.torch.cuda._sleep = lambda cycles: None
        return timer

    def problem(self, calls):
        return measure.Problem(lambda count: [(index,) for index in range(count)], calls.append, None, 1 << 18, "fake")

    def test_a_capture_that_is_refused_becomes_a_loop_and_says_why(self):
        timer, calls = self.timer(), []

        def refuse(calls_to_capture):
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        timer.capture = refuse
        timing = timer.measure(self.problem(calls), measure.COLD, False, 0)
        self.assertEqual((timing.source, timing.note), (measure.LOOP_COLD, "no graph: operation not permitted when stream is capturing"))
        self.assertGreater(len(set(calls)), 1)

    def test_too_little_memory_for_a_graph_is_no_reason_for_a_loop(self):
        timer = self.timer()

        def refuse(calls_to_capture):
            raise OutOfMemoryError("CUDA out of memory")
        timer.capture = refuse
        with self.assertRaises(OutOfMemoryError):
            timer.measure(self.problem([]), measure.COLD, False, 0)

    def test_a_reference_that_does_not_fit_costs_the_check_and_not_the_row(self):
        timer = self.timer()
        timer.capture = lambda calls_to_capture: (type("Graph", (), {"replay": lambda self: None})(), [None])

        def refuse(*_):
            raise OutOfMemoryError("CUDA out of memory")
        timer.error = refuse
        timing = timer.measure(self.problem([]), measure.HOT, True, 0)
        self.assertEqual((timing.times, timing.error), ([5.0, 6.0, 7.0], None))
        self.assertIn("not checked", timing.note)

    def test_a_context_is_entered_once_around_all_calls(self):
        timer, entered = self.timer(), []

        @contextlib.contextmanager
        def around():
            entered.append(1)
            yield
        problem = self.problem([])
        problem.around = around
        timer.capture = lambda calls_to_capture: (type("Graph", (), {"replay": lambda self: None})(), [None])
        timer.measure(problem, measure.HOT, False, 0)
        self.assertEqual(entered, [1])


class ClocksAndPower(unittest.TestCase):
    def test_a_line_of_nvidia_smi(self):
        self.assertEqual(measure.parse_nvidia_smi("1980, 2619, 512.31, 54"), (1980, 2619, 512.31, 54))
        self.assertEqual(measure.parse_nvidia_smi("1980, 2619, [N/A], 54"), (1980, 2619, None, 54))
        self.assertIsNone(measure.parse_nvidia_smi("Field \"power.draw.instant\" is not a valid field to query."))

    def test_rocm_smi_of_two_releases(self):
        old = {"card0": {"sclk clock speed:": "(1700Mhz)", "sclk clock level:": "1", "mclk clock speed:": "(1600Mhz)",
                         "Average Graphics Package Power (W)": "93.0", "Temperature (Sensor edge) (C)": "40.0", "Temperature (Sensor junction) (C)": "45.0"}}
        new = {"card0": {"sclk clock speed:": "(2100Mhz)", "mclk clock speed:": "(1300Mhz)", "Current Socket Graphics Package Power (W)": "750.0"}}
        self.assertEqual(measure.parse_rocm_smi(json.dumps(old)), (1700, 1600, 93, 45))
        self.assertEqual(measure.parse_rocm_smi(json.dumps(new)), (2100, 1300, 750, None))
        self.assertIsNone(measure.parse_rocm_smi("WARNING: no AMD GPUs"))

    def test_medians_of_a_span_and_nothing_outside_it(self):
        telemetry = measure.Telemetry("cpu", "")
        for values in [(1000, 2000, 100, None), (1500, 2000, 300, None), (1200, 2000, 200, None)]:
            telemetry.keep(values)
        now = time.monotonic()
        self.assertEqual(telemetry.between(now - 60, now), {"sm_clock_mhz": 1200, "memory_clock_mhz": 2000, "power_w": 200, "temperature_c": None})
        self.assertEqual(set(telemetry.between(now + 1, now + 2).values()), {None})


class CommandLine(unittest.TestCase):
    def test_wrong_arguments_are_named(self):
        for arguments, word in [(["--plan", "--families", "gemn"], "gemn"), ([], "--output"), (["--output", "x", "--budget-minutes", "0"], "budget"),
                                (["--plan", "--size", "huge"], "huge")]:
            stderr = io.StringIO()
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(stderr):
                measure.parse_arguments(arguments)
            self.assertIn(word, stderr.getvalue())


try:
    import torch
except ImportError:
    torch = None


@unittest.skipUnless(torch, "PyTorch is not installed")
class OnTheCPU(unittest.TestCase):
    def setUp(self):
        self.device = measure.Device("cpu")
        self.timer = measure.Timer(self.device, measure.SIZES["smallest"])

    def test_every_operator_and_format_agrees_with_its_reference(self):
        seen, missing = set(), Counter()
        for case in measure.plan("smallest", 1, list(measure.PROBLEMS)) + measure.plan("smallest", 2, list(measure.PROBLEMS)):
            kind = (case.family, case.op, case.dtype, case.variant)
            if kind in seen:
                continue
            seen.add(kind)
            try:
                problem = measure.PROBLEMS[case.family](self.device, case)
            except measure.Unsupported as reason:
                missing[str(reason)] += 1
                continue
            with torch.inference_mode():
                arguments = problem.make(1)[0]
                try:
                    error = problem.check(arguments, problem.call(*arguments))
                except (RuntimeError, NotImplementedError):    # an operator that this PyTorch has for GPUs alone
                    missing["not on a CPU"] += 1
                    continue
            self.assertLessEqual(error, 0.05 if case.family == "end_to_end" else measure.TOLERANCE[case.dtype], case)
        self.assertGreater(len(seen) - sum(missing.values()), 30, missing)

    def broken(self, call):
        def reference(arguments, output):
            return measure.deviation(output, arguments[0] * 2)
        return measure.Problem(lambda count: [(value,) for value in self.device.normal(count, (64, 64), torch.float32)], call, reference, 32768, "test")

    def test_a_wrong_result_is_no_measurement(self):
        timing = self.timer.measure(self.broken(lambda x: x * 2), measure.COLD, True, 1e-6)
        self.assertEqual((timing.error, timing.source), (0, measure.LOOP_COLD))
        self.assertTrue(all(value > 0 for value in timing.times))
        with self.assertRaises(measure.WrongResult):
            self.timer.measure(self.broken(lambda x: x * 2.001), measure.COLD, True, 1e-6)

    def test_an_output_that_is_not_written_shows_as_poison(self):
        kept = torch.zeros(64, 64)
        with self.assertRaises(measure.WrongResult):
            self.timer.measure(self.broken(lambda x: kept), measure.HOT, True, 1e-6)

    def test_a_run_writes_rows_with_positive_times_and_resumes_to_nothing(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            command = ["--size", "smallest", "--device", "cpu", "--families", "rowwise,launch", "--output", folder]
            self.assertEqual(measure.main(command), 0)
            with open(os.path.join(folder, "rowwise.csv"), newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            self.assertGreater(len(rows), 10)
            for row in rows:
                self.assertGreater(float(row["latency_us"]), 0)
                self.assertLessEqual(float(row["latency_p10_us"]), float(row["latency_p90_us"]))
            self.assertEqual(measure.main(command), 65)
            self.assertEqual(measure.main(command + ["--resume"]), 0)
            with open(os.path.join(folder, "rowwise.csv"), newline="", encoding="utf-8") as file:
                self.assertEqual(list(csv.DictReader(file)), rows)


if __name__ == "__main__":
    unittest.main()
