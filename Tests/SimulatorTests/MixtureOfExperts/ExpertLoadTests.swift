import Quantities
import Testing
import Workload

@testable import Simulator

/// How tokens spread over the experts of the fullest device.
@Suite struct ExpertLoadTests {
    static func layer(
        tokens: Int, topK: Int = 2, experts: Int = 8, expertParallel: Int = 1, routing: MixtureOfExperts.Routing = .balanced
    ) -> MixtureOfExperts {
        MixtureOfExperts(
            tokens: tokens, hidden: 4096, intermediate: 14336, topK: topK, experts: experts, expertParallel: expertParallel,
            routing: routing, scheme: .uniform(.bf16))
    }

    @Test func balancedTokensFillEveryExpertAlike() {
        // 8 tokens x 2 choices over 8 experts: two pairs each; a device of two holds four experts.
        let loads = ExpertLoads(Self.layer(tokens: 8, expertParallel: 2), draw: 0)
        #expect(loads.pairs == [2, 2, 2, 2])
    }

    @Test func fewBalancedTokensHitDistinctExperts() {
        // 2 tokens x 2 choices, stride 4: token 0 takes experts 0 and 4, token 1 takes 2 and 6.
        #expect(ExpertLoads(Self.layer(tokens: 2), draw: 0).pairs == [1, 0, 1, 0, 1, 0, 1, 0])
    }

    @Test(arguments: [1, 3, 16, 100, 4096]) func aDrawGivesEveryPairAnExpert(_ tokens: Int) {
        let layer = Self.layer(tokens: tokens, topK: 4, experts: 64, routing: .powerLaw(exponent: 1.2))
        for draw in 0..<8 as Range<UInt64> {
            let loads = ExpertLoads(layer, draw: draw)
            #expect(loads.pairs.count == 64)
            #expect(loads.pairs.allSatisfy { $0 >= 0 && $0 <= tokens })
            // An expert takes no token twice, so what exceeds the tokens is dropped; nothing is added.
            #expect(loads.total <= tokens * 4)
            #expect(loads.total >= tokens)
        }
    }

    @Test func theFullestDeviceHasAtLeastItsShare() {
        for draw in 0..<8 as Range<UInt64> {
            let layer = Self.layer(tokens: 512, topK: 2, experts: 64, expertParallel: 8, routing: .powerLaw(exponent: 1.2))
            #expect(ExpertLoads(layer, draw: draw).total >= 512 * 2 / 8)
        }
    }

    @Test func equalDrawsAreEqualAndOthersDiffer() {
        let layer = Self.layer(tokens: 512, topK: 2, experts: 64, routing: .powerLaw(exponent: 1.01))
        #expect(ExpertLoads(layer, draw: 1).pairs == ExpertLoads(layer, draw: 1).pairs)
        #expect(ExpertLoads(layer, draw: 1).pairs != ExpertLoads(layer, draw: 2).pairs)
    }

    @Test func anExponentOfOneIsTheLimitOfItsNeighbours() {
        let at = ExpertLoads(Self.layer(tokens: 512, experts: 64, routing: .powerLaw(exponent: 1)), draw: 3)
        let near = ExpertLoads(Self.layer(tokens: 512, experts: 64, routing: .powerLaw(exponent: 1.0001)), draw: 3)
        #expect(abs(at.total - near.total) <= 8)
        #expect(abs((at.pairs.max() ?? 0) - (near.pairs.max() ?? 0)) <= 2)
    }

    @Test func tilesRoundUpPerExpert() {
        // Loads 2, 2, 2, 2: tiles of 8 rows are one an expert, not one in all.
        #expect(ExpertLoads(Self.layer(tokens: 8, expertParallel: 2), draw: 0).tiles(rows: 8) == 4)
    }

    @Test func theGeneratorMatchesItsPublishedSequence() {
        // SplitMix64 from state 0 (reference implementation by Vigna).
        var random = SplitMix64(state: 0)
        #expect(random.next() == 0xE220_A839_7B1D_CDAF)
        #expect(random.next() == 0x6E78_9E6A_A1B9_65F4)
    }
}
