import Testing

@testable import EventSimulation

@Suite struct FluidEngineTests {
    @Test func loneActivityTakesTheTimeOfItsScarcestResource() throws {
        // 100 of a pipe that gives 10 per unit: 10; 30 of a port that gives 5: 6. The pipe decides.
        var engine = FluidEngine()
        let pipe = engine.add(Resource(name: "pipe", capacity: 10))
        let port = engine.add(Resource(name: "port", capacity: 5))
        _ = engine.submit(ActivityGroup(name: "tile", demands: [Demand(pipe, amount: 100), Demand(port, amount: 30)]))
        let result = try engine.run()
        #expect(result.makespan == 10)
        #expect(result.activities[0].bound == pipe)
        #expect(abs(result.resources[1].amount - 30) < 1e-9)
    }

    @Test func membersOfAGroupMultiplyItsDemands() throws {
        var engine = FluidEngine()
        let pipe = engine.add(Resource(name: "pipe", capacity: 4))
        _ = engine.submit(ActivityGroup(name: "tiles", multiplicity: 1_000_000, demands: [Demand(pipe, amount: 2)]))
        let result = try engine.run()
        #expect(result.makespan == 500_000)
        #expect(result.events == 2)
    }

    @Test func twoFlowsShareALinkAndTheRestSpeedsUp() throws {
        // Capacity 10. A needs 50, B needs 100. Both at 5 until A ends at 10; B has 50 left and the link alone: ends at 15.
        var engine = FluidEngine()
        let link = engine.add(Resource(name: "link", capacity: 10))
        _ = engine.submit(ActivityGroup(name: "A", demands: [Demand(link, amount: 50)]))
        _ = engine.submit(ActivityGroup(name: "B", demands: [Demand(link, amount: 100)]))
        let result = try engine.run()
        #expect(abs(result.activities[0].end - 10) < 1e-12)
        #expect(abs(result.activities[1].end - 15) < 1e-12)
        #expect(abs(result.resources[0].saturatedTime - 15) < 1e-12)
    }

    @Test func slowFlowKeepsWhatItCanUseAndTheOtherTakesTheRest() throws {
        // A can draw 2 per unit at most (20 in at least 10), B wants all of 10: A runs at 2, B at 8. B's 80 end at 10 too.
        var engine = FluidEngine()
        let link = engine.add(Resource(name: "link", capacity: 10))
        _ = engine.submit(ActivityGroup(name: "A", demands: [Demand(link, amount: 20)], leastDuration: 10))
        _ = engine.submit(ActivityGroup(name: "B", demands: [Demand(link, amount: 80)]))
        let result = try engine.run()
        #expect(abs(result.activities[0].end - 10) < 1e-9)
        #expect(abs(result.activities[1].end - 10) < 1e-9)
        #expect(result.activities[0].bound == nil)
        #expect(result.activities[1].bound == link)
    }

    @Test func classicThreeFlowsOnTwoLinksAreMaxMinFair() {
        // Links x and y of 10 and 4. A uses both, B only x, C only y. y is the bottleneck of A and C: 2 each; B takes the 8 left of x.
        let loads = [
            MaxMinFairness.Load(draws: [(0, 4), (1, 4)]), MaxMinFairness.Load(draws: [(0, 10)]), MaxMinFairness.Load(draws: [(1, 4)]),
        ]
        let rates = MaxMinFairness.rates(loads, capacities: [10, 4])
        #expect(abs(rates[0].rate * 4 - 2) < 1e-12)
        #expect(abs(rates[1].rate * 10 - 8) < 1e-12)
        #expect(abs(rates[2].rate * 4 - 2) < 1e-12)
        #expect(rates[0].limit == 1 && rates[1].limit == 0 && rates[2].limit == 1)
    }

    @Test func successorsStartWhenTheLastPredecessorEnds() throws {
        var engine = FluidEngine()
        let pipe = engine.add(Resource(name: "pipe", capacity: 1))
        let copy = engine.add(Resource(name: "copy engine", capacity: 1))
        let compute = engine.submit(ActivityGroup(name: "compute", demands: [Demand(pipe, amount: 3)]))
        let transfer = engine.submit(ActivityGroup(name: "transfer", demands: [Demand(copy, amount: 5)]))
        let last = engine.submit(ActivityGroup(name: "last", demands: [Demand(pipe, amount: 2)]), after: [compute, transfer])
        let late = engine.submit(ActivityGroup(name: "late", demands: [Demand(pipe, amount: 1)], leastDuration: 1), after: [compute], release: 9)
        let result = try engine.run()
        #expect(result.activities[last.value].start == 5)
        #expect(result.activities[last.value].end == 7)
        #expect(result.activities[late.value].start == 9)
        #expect(result.makespan == 10)
    }

    @Test func emptyAndDemandlessRunsEnd() throws {
        #expect(try FluidEngine().run().makespan == 0)
        var engine = FluidEngine()
        let first = engine.submit(ActivityGroup(name: "nothing", demands: []))
        _ = engine.submit(ActivityGroup(name: "wait", demands: [], leastDuration: 3), after: [first])
        #expect(try engine.run().makespan == 3)
    }

    @Test(arguments: [0, -1, Double.nan, .infinity])
    func capacityThatIsNoPositiveNumberIsRefused(_ capacity: Double) {
        var engine = FluidEngine()
        _ = engine.add(Resource(name: "pipe", capacity: capacity))
        #expect(throws: FluidEngineError.self) { try engine.run() }
    }

    @Test(arguments: [-1, Double.nan, .infinity])
    func demandThatIsNoAmountIsRefused(_ amount: Double) {
        var engine = FluidEngine()
        let pipe = engine.add(Resource(name: "pipe", capacity: 1))
        _ = engine.submit(ActivityGroup(name: "tile", demands: [Demand(pipe, amount: amount)]))
        #expect(throws: FluidEngineError.self) { try engine.run() }
    }
}
