import Testing

@testable import EventSimulation

/// Properties that hold for any workload, tried on pseudo-random ones.
@Suite struct FluidInvariantTests {
    /// Linear congruential generator: the same workloads on every machine.
    struct Generator {
        var state: UInt64
        mutating func number(_ range: ClosedRange<Double>) -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return range.lowerBound + Double(state >> 40) / Double(1 << 24) * (range.upperBound - range.lowerBound)
        }
        mutating func index(below count: Int) -> Int { min(count - 1, Int(number(0...Double(count)))) }
    }

    static func engine(seed: UInt64, capacityScale: Double = 1) -> (engine: FluidEngine, wanted: [Double], capacities: [Double]) {
        var generator = Generator(state: seed)
        var engine = FluidEngine()
        let capacities = (0..<4).map { _ in generator.number(1...10) * capacityScale }
        let resources = capacities.enumerated().map { engine.add(Resource(name: "r\($0.offset)", capacity: $0.element)) }
        var wanted = [Double](repeating: 0, count: 4)
        var submitted: [ActivityIndex] = []
        for number in 0..<25 {
            let multiplicity = generator.number(1...20).rounded()
            let demands = (0..<2).map { _ in Demand(resources[generator.index(below: 4)], amount: generator.number(0...5)) }
            for demand in demands { wanted[demand.resource.value] += demand.amount * multiplicity }
            let group = ActivityGroup(
                name: "g\(number)", multiplicity: multiplicity, demands: demands, leastDuration: generator.number(0...2))
            let predecessors = submitted.isEmpty || number % 3 == 0 ? [] : [submitted[generator.index(below: submitted.count)]]
            submitted.append(engine.submit(group, after: predecessors, release: generator.number(0...4)))
        }
        return (engine, wanted, capacities)
    }

    @Test(arguments: 1...20) func everythingDemandedIsGivenAndNoMore(_ seed: UInt64) throws {
        let (engine, wanted, capacities) = Self.engine(seed: seed)
        let result = try engine.run()
        for resource in wanted.indices {
            #expect(abs(result.resources[resource].amount - wanted[resource]) < 1e-6 * max(1, wanted[resource]))
            #expect(result.resources[resource].amount <= capacities[resource] * result.resources[resource].busyTime * (1 + 1e-9))
            #expect(result.makespan >= wanted[resource] / capacities[resource] * (1 - 1e-9))
        }
    }

    @Test(arguments: 1...20) func moreCapacityNeverEndsLaterWithoutDependencies(_ seed: UInt64) throws {
        // Independent groups released together: with dependencies, list scheduling anomalies (Graham 1969) are real.
        func makespan(_ scale: Double) throws -> Double {
            var generator = Generator(state: seed)
            var engine = FluidEngine()
            let resources = (0..<3).map { engine.add(Resource(name: "r\($0)", capacity: generator.number(1...5) * scale)) }
            for number in 0..<10 {
                let amount = generator.number(1...9)
                let resource = resources[generator.index(below: 3)]
                _ = engine.submit(ActivityGroup(name: "g\(number)", demands: [Demand(resource, amount: amount)]))
            }
            return try engine.run().makespan
        }
        #expect(try makespan(1.5) <= makespan(1) * (1 + 1e-12))
    }

    @Test func equalInputsGiveEqualRuns() throws {
        let first = try Self.engine(seed: 7).engine.run()
        #expect(try Self.engine(seed: 7).engine.run() == first)
    }

    @Test(arguments: 1...10) func fairRatesFillAResourceThatLimitsAndNeverOverfillOne(_ seed: UInt64) {
        var generator = Generator(state: seed)
        let capacities = (0..<5).map { _ in generator.number(1...10) }
        let loads = (0..<12).map { _ in
            MaxMinFairness.Load(draws: (0..<5).compactMap { resource in
                generator.number(0...1) < 0.5 ? (resource, generator.number(0.1...1) * capacities[resource]) : nil
            })
        }
        let rates = MaxMinFairness.rates(loads, capacities: capacities)
        var used = [Double](repeating: 0, count: 5)
        for (load, rate) in zip(loads, rates) {
            #expect(rate.rate > 0 && rate.rate <= 1)
            for draw in load.draws { used[draw.resource] += draw.amount * rate.rate }
        }
        for resource in used.indices {
            #expect(used[resource] <= capacities[resource] * (1 + 1e-9))
            if rates.contains(where: { $0.limit == resource }) { #expect(used[resource] > capacities[resource] * (1 - 1e-9)) }
        }
        // Max-min: an activity held back by a resource has no smaller dominant share than any other user of that resource.
        for (index, rate) in rates.enumerated() {
            guard let limit = rate.limit else { continue }
            let own = rate.rate * loads[index].dominantShare(capacities)
            for (other, otherRate) in rates.enumerated() where loads[other].draws.contains(where: { $0.resource == limit }) {
                #expect(otherRate.rate * loads[other].dominantShare(capacities) <= own * (1 + 1e-9))
            }
        }
    }
}
