import Workload

extension OperatorTrace {
    /// The version of the `ridgeline` part of the file form.
    static let formatVersion = 1

    /// The trace as Chrome trace-event JSON (docs/file-formats.md): one event a line, sorted by start, parents before what they contain.
    ///
    /// Events without times (a plan's) are laid out one microsecond each, phases around their operators, and marked as such.
    /// - Throws: when a time or counter is not finite, which JSON cannot hold.
    /// - Complexity: linear in the number of events, but for sorting.
    public func chromeTraceJSON() throws(TraceFileError) -> [UInt8] {
        let json = JSONBytes()
        json.text("{\"schemaVersion\":1,\"displayTimeUnit\":\"ms\",\"traceName\":").string(workload)
        json.text(",\n\"ridgeline\":{\"formatVersion\":\(Self.formatVersion),\"origin\":").string(origin.rawValue)
        json.text(",\"workload\":").string(workload)
        if let device { json.text(",\"device\":").string(device) }
        json.text(",\"properties\":[")
        for (index, property) in properties.enumerated() {
            json.text(index == 0 ? "[" : ",[").string(property.name).text(",").string(property.value).text("]")
        }
        json.text("]},\n\"traceEvents\":[")
        writeMetadata(into: json)
        let times = layout()
        let order = events.indices.sorted { (times[$0].start, $0) < (times[$1].start, $1) }
        for index in order {
            json.text(",\n")
            let event = events[index]
            guard event.isFinite, times[index].start.isFinite, times[index].duration.isFinite else {
                throw TraceFileError(path: workload, message: "event '\(event.name)' has a time or counter that is not finite")
            }
            event.write(start: times[index].start, duration: times[index].duration, into: json)
        }
        json.text("\n]}\n")
        return json.bytes
    }

    private func writeMetadata(into json: JSONBytes) {
        json.text("\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":0,\"tid\":0,\"ts\":0,\"args\":{\"name\":").string(device ?? origin.rawValue).text("}}")
        for track in Set(events.map(\.track)).sorted() {
            json.text(",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":0,\"tid\":\(track),\"ts\":0,\"args\":{\"name\":").string("track \(track)").text("}}")
            json.text(",\n{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":0,\"tid\":\(track),\"ts\":0,\"args\":{\"sort_index\":\(track)}}")
        }
    }

    /// Start and duration of every event; those that have none follow what ran before them.
    private func layout() -> [(start: Double, duration: Double)] {
        var times: [(start: Double, duration: Double)] = []
        times.reserveCapacity(events.count)
        var next = 0.0
        for (index, event) in events.enumerated() {
            guard event.startMicroseconds == nil || event.durationMicroseconds == nil else {
                let (start, duration) = (event.startMicroseconds ?? 0, event.durationMicroseconds ?? 0)
                times.append((start, duration))
                next = max(next, start + duration)
                continue
            }
            let isPhase = event.shape == nil && event.phase != nil
            let contained = isPhase ? operatorsAfter(index) : 1
            times.append((event.startMicroseconds ?? next, event.durationMicroseconds ?? Double(contained)))
            if !isPhase { next += 1 }
        }
        return times
    }

    /// Operators up to the next phase event: each is looked at once for one phase, so all phases together cost one pass.
    private func operatorsAfter(_ index: Int) -> Int {
        var count = 0
        for event in events[(index + 1)...] {
            if event.shape == nil, event.phase != nil { break }
            count += 1
        }
        return count
    }
}

extension TraceEvent {
    var isFinite: Bool {
        (startMicroseconds?.isFinite ?? true) && (durationMicroseconds?.isFinite ?? true) && counters.allSatisfy { $0.value.isFinite }
            && (spreadMicroseconds.map { $0.lowerBound.isFinite && $0.upperBound.isFinite } ?? true)
    }

    /// The event as one JSON object on one line.
    func write(start: Double, duration: Double, into json: JSONBytes) {
        let category = shape == nil ? "user_annotation" : "cpu_op"
        json.text("{\"ph\":\"X\",\"cat\":\"\(category)\",\"name\":").string(name).text(",\"pid\":0,\"tid\":\(track),\"ts\":").number(start)
        json.text(",\"dur\":").number(duration).text(",\"args\":{")
        var separator = ""
        func key(_ name: String) { json.text("\(separator)\"\(name)\":"); separator = "," }
        if let shape {
            let tensors = TensorDescription(of: shape)
            key("Input Dims")
            json.text("[").text(tensors.dimensions.map { "[\($0.map(String.init).joined(separator: ","))]" }.joined(separator: ",")).text("]")
            key("Input type")
            json.text("[").text(tensors.types.map { "\"\($0)\"" }.joined(separator: ",")).text("]")
            key("ridgeline.operator")
            json.fields(shape.fields)
        }
        if let phase { key("ridgeline.phase"); json.string(phase.rawValue) }
        if let phaseTokens { key("ridgeline.phase_tokens"); json.text(String(phaseTokens)) }
        if count != 1 { key("ridgeline.count"); json.text(String(count)) }
        if startMicroseconds == nil { key("ridgeline.without_start"); json.text("true") }
        if durationMicroseconds == nil { key("ridgeline.without_duration"); json.text("true") }
        if let spread = spreadMicroseconds {
            key("ridgeline.spread_us")
            json.text("[").number(spread.lowerBound).text(",").number(spread.upperBound).text("]")
        }
        if !counters.isEmpty {
            key("ridgeline.counters")
            json.text("{")
            for (index, counter) in counters.enumerated() { json.text(index == 0 ? "" : ",").string(counter.name).text(":").number(counter.value) }
            json.text("}")
        }
        json.text("}}")
    }
}
