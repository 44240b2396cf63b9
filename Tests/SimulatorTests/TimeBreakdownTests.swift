import Quantities
import Simulator
import Testing

@Suite struct TimeBreakdownTests {
    @Test func everyOwnerHasItsOwnPlace() {
        for owner in TimeOwner.allCases {
            var breakdown = TimeBreakdown()
            breakdown[owner] = 3
            #expect(breakdown.parts.map(\.owner) == [owner])
            #expect(breakdown.largest == owner || owner == .launch)
            #expect(abs(breakdown.total.microseconds - 3) < 1e-12)
        }
    }

    @Test func partsKeepDeclarationOrder() {
        var breakdown = TimeBreakdown()
        breakdown[.tail] = 1
        breakdown[.launch] = 2
        #expect(breakdown.parts.map(\.owner) == [.launch, .tail])
        #expect(breakdown.largest == .launch)
    }

    @Test func equalPartsAreEqual() {
        var one = TimeBreakdown()
        var other = TimeBreakdown()
        one[.power] = 4
        other[.power] = 4
        #expect(one == other && one.hashValue == other.hashValue)
        other[.fill] = 1
        #expect(one != other)
    }
}
