import Quantities
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        (3.35e12, "3.350 TB/s"), (1e9, "1.000 GB/s"), (999.95e6, "1.000 GB/s"), (12, "12.00 B/s"), (0, "0 B/s"), (1234.5, "1.235 kB/s"),
        (-2e6, "-2.000 MB/s"),
    ])
    func printsFourDigitsWithPrefix(value: Double, text: String) {
        #expect(BytesPerSecond(value).description == text)
    }

    @Test(arguments: [(1.5e-6, "1.500 µs"), (0.02, "20.00 ms"), (2.5e-9, "2.500 ns"), (61, "61.00 s"), (999.9, "999.9 s"), (3811, "3811 s"), (43_570, "12.10 h")])
    func printsShortTimes(value: Double, text: String) {
        #expect(Seconds(value).description == text)
    }

    @Test(arguments: [(52_428_800.0, "50.00 MiB"), (512.0, "512.0 B"), (1536.0, "1.500 KiB"), (85_899_345_920.0, "80.00 GiB")])
    func printsBinarySizes(value: Double, text: String) {
        #expect(Bytes(value).binaryDescription == text)
    }

    @Test func unitsMultiplyAndDivide() {
        // 3.35 TB/s for 2 s is 6.7 TB; 312 TFLOP at 156 TFLOP/s is 2 s; 100 W for 3 s is 300 J.
        #expect((BytesPerSecond(3.35e12) * Seconds(2)).value == 6.7e12)
        #expect((Operations(312e12) / OperationsPerSecond(156e12)).value == 2)
        #expect((Watts(100) * Seconds(3)).value == 300)
        #expect((Cycles(1410) / Hertz(megahertz: 1410)).microseconds == 1)
        // A100: 312 TFLOP/s over 2.039 TB/s is a ridge at 153 FLOP/B.
        #expect(abs(OperationsPerSecond(312e12) / BytesPerSecond(2.039e12) - 153.02) < 0.01)
    }

    @Test func sumsKeepTheUnit() {
        var total = Seconds(microseconds: 3)
        total += Seconds(microseconds: 4)
        #expect(abs(total.microseconds - 7) < 1e-12)
        #expect(Seconds(1) < Seconds(2))
        #expect(Bytes(10) / Bytes(4) == 2.5)
    }
}

@Suite struct FixedPointTests {
    @Test(arguments: [
        (2.345, 1, "2.3"), (2.35, 1, "2.4"), (-0.04, 1, "0.0"), (-1.25, 1, "-1.3"), (1234.0, 0, "1234"), (0.005, 2, "0.01"), (99.999, 2, "100.00"),
    ])
    func roundsHalfAwayFromZero(value: Double, digits: Int, text: String) {
        #expect(FixedPoint.format(value, fractionDigits: digits) == text)
    }

    @Test func leavesWhatItCannotScale() {
        #expect(FixedPoint.format(.infinity, fractionDigits: 2) == "inf")
        #expect(FixedPoint.format(1e300, fractionDigits: 2) == "1e+300")
    }
}

@Suite struct NumberFormatTests {
    @Test(arguments: [
        ("float16", NumberFormat.fp16), ("half", .fp16), ("BF16", .bf16), ("fp8", .fp8e4m3), ("E5M2", .fp8e5m2), ("i8", .int8), ("nvfp4", .nvfp4),
        ("tfloat32", .tf32),
    ])
    func readsTheNamesThatPeopleUse(name: String, format: NumberFormat) {
        #expect(NumberFormat(name: name) == format)
    }

    @Test(arguments: ["", "fp17", "int", "16"])
    func refusesOtherNames(name: String) {
        #expect(NumberFormat(name: name) == nil)
    }

    @Test func blockScalesCount() {
        // NVFP4: 4 bits an element and an 8-bit scale for 16 of them; MXFP4: an 8-bit exponent for 32.
        #expect(NumberFormat.nvfp4.bitsPerElement == 4.5)
        #expect(NumberFormat.mxfp4.bitsPerElement == 4.25)
        #expect(NumberFormat.mxfp8.bytesPerElement == 1.03125)
        // NF4: an fp32 scale for 64 elements, before double quantisation.
        #expect(NumberFormat.nf4.bitsPerElement == 4.5)
    }

    @Test func everyFormatIsFoundByItsOwnName() {
        for format in NumberFormat.allCases { #expect(NumberFormat(name: format.rawValue) == format) }
    }
}
