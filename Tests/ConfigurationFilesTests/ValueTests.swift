import ConfigurationFiles
import Testing

@Suite struct ValueTests {
    /// What YAML 1.1 would read as 750, true, false, 8, infinity and a date.
    @Test(arguments: ["12:30", "yes", "no", "off", "on", ".inf", "2024-01-01", "0x10", "0o17", "1__", "_1", "1e", "1.2.3", "--1", "NaN", "1,000"])
    func onlyDecimalNumbersAreNumbers(text: String) throws {
        let mapping = try ConfigurationDocument(text: "a: \(text)\n", path: "f").mapping()
        #expect(throws: ConfigurationError.self) { try mapping.required("a", as: Double.self) }
        #expect(throws: ConfigurationError.self) { try mapping.required("a", as: Bool.self) }
        #expect(try mapping.required("a", as: String.self) == text)
    }

    @Test(arguments: [
        ("1e-05", 1e-5), ("017", 17), ("1e9", 1e9), ("-0.5", -0.5), ("+3", 3), ("1_000", 1000), (".5", 0.5), ("5.", 5), ("6.02E+23", 6.02e23),
    ])
    func decimalNumbersKeepTheirValue(text: String, value: Double) throws {
        let mapping = try ConfigurationDocument(text: "a: \(text)\n", path: "f").mapping()
        #expect(try mapping.required("a", as: Double.self) == value)
    }

    @Test func wholeNumbersMayHaveAnExponentButNoFraction() throws {
        let mapping = try ConfigurationDocument(text: "a: 1e9\nb: 1.5\nc: 9223372036854775807\nd: \"8\"\n", path: "f").mapping()
        #expect(try mapping.required("a", as: Int.self) == 1_000_000_000)
        #expect(try mapping.required("c", as: Int.self) == Int.max)
        let fraction = #expect(throws: ConfigurationError.self) { try mapping.required("b", as: Int.self) }
        #expect(fraction?.description == "f:2:4: 'b': found the number 1.5, a whole number belongs here")
        let quoted = #expect(throws: ConfigurationError.self) { try mapping.required("d", as: Int.self) }
        #expect(quoted?.description == "f:4:4: 'd': found the string \"8\", a whole number belongs here, without quotes")
    }

    @Test func missingAndUnknownKeysNameTheNearest() throws {
        let mapping = try ConfigurationDocument(text: "# c\nbandwith: 1\nunits: 2\n", path: "f").mapping()
        let missing = #expect(throws: ConfigurationError.self) { try mapping.required("bandwidth", as: Int.self) }
        #expect(missing?.description == "f:2:1: 'bandwidth' is missing; is 'bandwith' meant to be it?")
        #expect(mapping.unknownKeys(allowed: ["bandwidth", "units"]).map(\.description) == ["f:2:1: unknown key 'bandwith'; did you mean 'bandwidth'?"])
        #expect(mapping.unknownKeys(allowed: ["x"]).first?.message == "unknown key 'bandwith', allowed are x")
    }

    @Test func allProblemsOfAFileAreGathered() throws {
        let mapping = try ConfigurationDocument(text: "a: x\nb: [1, y, z]\nc: 3\n", path: "f").mapping()
        let problems = ProblemCollector()
        let numbers = problems.collect { () throws(ConfigurationError) in try mapping.required("b", as: [Int].self) }
        let first = problems.collect { () throws(ConfigurationError) in try mapping.required("a", as: Int.self) }
        let third = problems.collect { () throws(ConfigurationError) in try mapping.required("c", as: Int.self) }
        #expect(numbers == nil && first == nil && third == 3)
        #expect(problems.error.problems.map(\.location.line) == [1, 2, 2])
        #expect(throws: ConfigurationError.self) { try problems.throwIfAny() }
    }

    @Test func jsonAndYamlOfOneTextAgree() throws {
        let text = "{\"rms_norm_eps\": 1e-05, \"list\": [1, true, null, \"a\\u00e9\\n\"], \"nested\": {\"x\": -2.5}}"
        let json = try ConfigurationDocument(text: text, path: "f", format: .json)
        let yaml = try ConfigurationDocument(text: text, path: "f", format: .yaml)
        for document in [json, yaml] {
            let mapping = try document.mapping()
            #expect(try mapping.required("rms_norm_eps", as: Double.self) == 1e-5)
            let list = try mapping.required("list", as: [ConfigurationValue].self)
            #expect(try list[1].decoded(as: Bool.self))
            #expect(list[2].isNull)
            #expect(try list[3].decoded(as: String.self) == "aé\n")
            #expect(try mapping.required("nested", as: ConfigurationValue.self).mapping().required("x", as: Double.self) == -2.5)
        }
    }

    @Test func surrogatePairsAndSlashesOfJSONAreRead() throws {
        let document = try ConfigurationDocument(text: "[\"\\ud83d\\ude00 \\/\"]", path: "f", format: .json)
        #expect(try document.root.decoded(as: [String].self) == ["😀 /"])
    }

    @Test func columnsCountScalarsOnLongLines() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationDocument(text: "{\"é\": [1, 2, 3], \"b\": x}", path: "f", format: .json)
        }
        #expect(error?.problems.first?.location.column == 23)
    }
}

@Suite struct SpellingTests {
    /// kitten -> sitting takes three edits; a swap of neighbours is one.
    @Test(arguments: [("kitten", "sitting", 3), ("smx", "sxm", 1), ("", "abc", 3), ("Same", "same", 0)])
    func distanceCountsEdits(left: String, right: String, distance: Int) {
        #expect(Spelling.distance(left, right) == distance)
        #expect(Spelling.distance(right, left) == distance)
    }

    @Test func farNamesAreNotSuggested() {
        #expect(Spelling.nearest(to: "bandwith", in: ["units", "bandwidth"]) == "bandwidth")
        #expect(Spelling.nearest(to: "xyz", in: ["units", "bandwidth"]) == nil)
        // A key mistyped before its unit; not a word of another length, nor one without a unit behind.
        #expect(Spelling.nearest(to: "bandwith", in: ["capacity_gib", "bandwidth_gb_per_s"]) == "bandwidth_gb_per_s")
        #expect(Spelling.nearest(to: "capasity", in: ["capacity_gib", "bandwidth_gb_per_s"]) == "capacity_gib")
        #expect(Spelling.nearest(to: "bench", in: ["bandwidth_gb_per_s", "benchmarking_x"]) == "benchmarking_x")
        #expect(Spelling.nearest(to: "units", in: ["bandwidth_gb_per_s", "tunit_ab"]) == nil)
    }
}
