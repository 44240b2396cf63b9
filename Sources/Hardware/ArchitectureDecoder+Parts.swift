import ConfigurationFiles
import Quantities

extension ArchitectureDecoder {
    /// The optional parts of a device.
    struct Parts {
        var multiprocessor: Multiprocessor?
        var matrixArray: MatrixArray?
        var processor: Processor?
        var interconnect: Interconnect?
        var host: HostLink?
        var power: Power?
    }

    func parts() -> Parts {
        Parts(
            multiprocessor: root.section("multiprocessor").flatMap { multiprocessor($0) },
            matrixArray: root.section("matrix_array").flatMap { matrixArray($0) },
            processor: root.section("processor").flatMap { processor($0) },
            interconnect: root.section("interconnect").flatMap { Self.interconnect($0, links: links) },
            host: root.section("host").flatMap { host($0) },
            power: root.section("power").flatMap { power($0) })
    }

    private func multiprocessor(_ section: LayeredSection) -> Multiprocessor? {
        section.allowOnly([
            "threads_per_warp", "maximum_threads", "maximum_ctas", "register_file_kib", "shared_memory_kib", "shared_memory_per_cta_kib",
            "shared_memory_bytes_per_clock", "shared_memory_latency_cycles", "operand_path", "matrix_instruction", "matrix_issue_cycles",
        ])
        let warp = section.needed("threads_per_warp", section.integer("threads_per_warp"))
        let threads = section.needed("maximum_threads", section.integer("maximum_threads"))
        let ctas = section.needed("maximum_ctas", section.integer("maximum_ctas"))
        let registers = section.needed("register_file_kib", section.quantity("register_file_kib", times: 1024, as: Bytes.self))
        let shared = section.needed("shared_memory_kib", section.quantity("shared_memory_kib", times: 1024, as: Bytes.self))
        let rate = section.needed("shared_memory_bytes_per_clock", section.number("shared_memory_bytes_per_clock"))
        let path = section.requiredChoice("operand_path", of: Multiprocessor.OperandPath.self)
        guard let warp, let threads, let ctas, let registers, let shared, let rate, let path else { return nil }
        var multiprocessor = Multiprocessor(
            threadsPerWarp: warp, maximumThreads: threads, maximumCTAs: ctas, registerFile: registers, sharedMemory: shared,
            sharedMemoryBytesPerClock: rate, operandPath: path)
        multiprocessor.sharedMemoryPerCTA = section.quantity("shared_memory_per_cta_kib", times: 1024)
        multiprocessor.sharedMemoryLatencyCycles = section.number("shared_memory_latency_cycles")
        multiprocessor.matrixInstruction = section.value("matrix_instruction")
        multiprocessor.matrixIssueCycles = section.number("matrix_issue_cycles")
        return multiprocessor
    }

    private func matrixArray(_ section: LayeredSection) -> MatrixArray? {
        section.allowOnly(["rows", "columns", "arrays_per_unit", "dataflow", "padding_rows", "padding_columns"])
        let rows = section.needed("rows", section.integer("rows"))
        let columns = section.needed("columns", section.integer("columns"))
        let arrays = section.needed("arrays_per_unit", section.integer("arrays_per_unit"))
        let dataflow = section.requiredChoice("dataflow", of: MatrixArray.Dataflow.self)
        guard let rows, let columns, let arrays, let dataflow else { return nil }
        var array = MatrixArray(rows: rows, columns: columns, arraysPerUnit: arrays, dataflow: dataflow)
        array.paddingRows = section.integer("padding_rows")
        array.paddingColumns = section.integer("padding_columns")
        return array
    }

    private func processor(_ section: LayeredSection) -> Processor? {
        section.allowOnly(["vector_bits", "vector_ports", "sockets", "dispatch_latency_us", "bandwidth_per_core_gb_per_s"])
        let bits = section.needed("vector_bits", section.integer("vector_bits"))
        let ports = section.needed("vector_ports", section.integer("vector_ports"))
        guard let bits, let ports else { return nil }
        var processor = Processor(vectorBits: bits, vectorPorts: ports)
        processor.sockets = section.integer("sockets")
        processor.dispatchLatency = section.quantity("dispatch_latency_us", times: 1e-6)
        processor.bandwidthPerCore = section.quantity("bandwidth_per_core_gb_per_s", times: 1e9)
        return processor
    }

    static func interconnect(_ section: LayeredSection, links: LinkCatalogue) -> Interconnect? {
        section.allowOnly(["technology", "topology", "links", "bandwidth_per_direction_gb_per_s", "latency_us"])
        let technology = section.requiredText("technology")
        let topology = section.requiredText("topology")
        let bandwidth = section.needed(
            "bandwidth_per_direction_gb_per_s", section.quantity("bandwidth_per_direction_gb_per_s", times: 1e9, as: BytesPerSecond.self))
        guard let technology, let topology, let bandwidth else { return nil }
        var interconnect = Interconnect(technology: technology, bandwidthPerDirection: bandwidth, topology: topology)
        interconnect.links = section.integer("links")
        let stated: Sourced<Seconds>? = section.quantity("latency_us", times: 1e-6)
        interconnect.link = links.technology(named: technology)
        interconnect.latency = stated ?? interconnect.link?.hopLatency(topology: topology)
        interconnect.programSends = interconnect.link?.programSends ?? (stated != nil)
        return interconnect
    }

    private func host(_ section: LayeredSection) -> HostLink? {
        section.allowOnly(["technology", "bandwidth_per_direction_gb_per_s", "latency_us"])
        let technology = section.requiredText("technology")
        let bandwidth = section.needed(
            "bandwidth_per_direction_gb_per_s", section.quantity("bandwidth_per_direction_gb_per_s", times: 1e9, as: BytesPerSecond.self))
        guard let technology, let bandwidth else { return nil }
        var host = HostLink(technology: technology, bandwidthPerDirection: bandwidth)
        host.link = links.technology(named: technology)
        host.latency = section.quantity("latency_us", times: 1e-6) ?? host.link?.latency
        return host
    }

    private func power(_ section: LayeredSection) -> Power? {
        section.allowOnly(["thermal_design_w", "idle_w"])
        guard let design = section.needed("thermal_design_w", section.quantity("thermal_design_w", times: 1, as: Watts.self)) else { return nil }
        var power = Power(thermalDesign: design)
        power.idle = section.quantity("idle_w", times: 1)
        return power
    }

    func prices() -> [Price] {
        guard let (value, _) = root.entry("prices") else { return [] }
        let quotes = problems.collect { () throws(ConfigurationError) in try value.sequence() } ?? []
        return quotes.compactMap { quote in
            problems.collect { () throws(ConfigurationError) in
                let mapping = try quote.mapping()
                try mapping.requireKeys(in: ["provider", "date", "dollars_per_hour", "source"])
                let source = try mapping.required("source", as: Source.self)
                let number = try LayeredSection.number(
                    try mapping.required("dollars_per_hour", as: ConfigurationValue.self), inherited: source, key: "dollars_per_hour")
                return Price(
                    dollarsPerHour: Sourced(Dollars(number.value), source: source), provider: try mapping.required("provider"),
                    date: try mapping.required("date"))
            }
        }
    }
}
