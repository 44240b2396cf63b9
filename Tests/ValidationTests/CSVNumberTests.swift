import Testing

@testable import Validation

@Suite struct CSVNumberTests {
    @Test(arguments: [
        ("1", 1.0), ("-2.5", -2.5), ("+3", 3), ("1e3", 1000), ("1.5E-3", 0.0015), ("0.1", 0.1), (".5", 0.5), ("5.", 5),
        ("123456789012345678901234567890", 1.2345678901234568e29), ("972.3109823355117", 972.310_982_335_511_7), ("0", 0), ("1e300", 1e300),
        ("0.000000000000000000001234", 1.234e-21),
    ])
    func decimalsReadAsTheStandardLibraryReadsThem(text: String, value: Double) {
        let bytes = Array(text.utf8)
        #expect(CSVNumber.decimal(bytes, 0..<bytes.count) == value)
    }

    @Test(arguments: ["", "-", ".", "e5", "1e", "1e+", "nan", "inf", "1,2", "0x10", "1 ", " 1", "1.2.3", "1e9999", "--1"])
    func whatIsNoNumberIsNil(text: String) {
        let bytes = Array(text.utf8)
        #expect(CSVNumber.decimal(bytes, 0..<bytes.count) == nil)
    }

    @Test(arguments: [("9223372036854775807", Int.max as Int?), ("9223372036854775808", nil), ("12a", nil), ("", nil), ("-7", -7)])
    func integersStopAtSixtyFourBits(text: String, value: Int?) {
        let bytes = Array(text.utf8)
        #expect(CSVNumber.integer(bytes, 0..<bytes.count) == value)
    }

    @Test func everyFastDecimalEqualsTheSlowOne() {
        var state: UInt64 = 7
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let text = "\(state >> 40).\(state % 100_000)e\(Int(state >> 20 & 31) - 16)"
            let bytes = Array(text.utf8)
            #expect(CSVNumber.decimal(bytes, 0..<bytes.count) == Double(text))
        }
    }
}
