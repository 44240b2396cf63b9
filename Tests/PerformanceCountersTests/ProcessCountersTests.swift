import Foundation
import Testing

@testable import PerformanceCounters

/// What must hold whatever the machine counts: many virtual machines count nothing in hardware.
@Suite(.serialized) struct ProcessCountersTests {
    @Test func everyEventAskedForHasAStatus() {
        let counters = ProcessCounters(threads: nil)
        #expect(counters.statuses.map(\.event) == CounterEvent.standard)
        #expect(Set(counters.live) == Set(counters.statuses.filter(\.isLive).map(\.event)))
    }

    @Test func anEventThatCannotBeCountedSaysWhy() {
        let counters = ProcessCounters()
        for status in counters.statuses where !status.isLive {
            #expect(status.unavailability?.name == status.event.name)
            #expect(status.unavailability?.code != 0)
            #expect(status.unavailability?.text.isEmpty == false)
        }
    }

    @Test func anUnknownEventIsUnavailableAndNeverZero() {
        let unknown = CounterEvent(name: "NO_SUCH_EVENT", title: "nothing", kind: .hardware)
        var counters = ProcessCounters([.taskClock, unknown])
        #expect(counters.live == [.taskClock])
        #expect(counters.read().values.count == 1)
        #expect(counters.statuses[1].unavailability?.name == "NO_SUCH_EVENT")
    }

    @Test func onlyUnknownEventsLeaveEmptySamples() {
        var counters = ProcessCounters([CounterEvent(name: "NO_SUCH_EVENT", title: "nothing", kind: .hardware)])
        #expect(counters.live.isEmpty)
        #expect(counters.read().values.isEmpty)
    }

    @Test func taskClockCountsWorkAndNotSleep() throws {
        var counters = ProcessCounters([.taskClock], threads: [try #require(ProcessCounters.currentThread)])
        let start = counters.read()
        var sum = 0.0
        // This thread's own time: other tests burn the process's.
        func nanoseconds() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
        }
        let begin = nanoseconds()
        while nanoseconds() - begin < 2e7 { for index in 0..<1000 { sum += Double(index).squareRoot() } }
        let sample = counters.read().since(start)
        let worked = try #require(sample.values[0])
        #expect(sum > 0)
        #expect(worked > 5e6, "20 ms of this thread's time were burnt")
    }

    @Test func pageFaultsCountNewPages() throws {
        var counters = ProcessCounters([.pageFaults], threads: [try #require(ProcessCounters.currentThread)])
        let processStart = Self.faultsOfProcess()
        let start = counters.read()
        let bytes = 512 * 4096
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let base = try #require(memory)
        defer { munmap(base, bytes) }
        for page in 0..<512 { base.storeBytes(of: 1, toByteOffset: page * 4096, as: UInt8.self) }
        let sample = counters.read().since(start)
        let faults = try #require(sample.values[0])
        // One fault a page, unless the kernel maps several pages at a time.
        #expect(faults >= 1)
        // Other tests fault beside this one: the whole process is the bound, 512 pages and the test's own are not.
        #expect(faults <= Self.faultsOfProcess() - processStart + 64)
    }

    private static func faultsOfProcess() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_minflt + usage.ru_majflt)
    }

    @Test func anotherThreadIsCounted() throws {
        let ready = DispatchSemaphore(value: 0)
        let go = DispatchSemaphore(value: 0)
        let done = DispatchSemaphore(value: 0)
        let number = Box()
        Thread.detachNewThread {
            number.value = ProcessCounters.currentThread ?? 0
            ready.signal()
            go.wait()
            var sum = 0.0
            for index in 0..<4_000_000 { sum += Double(index).squareRoot() }
            number.sum = sum
            done.signal()
            go.wait()
        }
        ready.wait()
        var counters = ProcessCounters([.taskClock], threads: [number.value])
        let start = counters.read()
        go.signal()
        done.wait()
        let sample = counters.read().since(start)
        let worked = try #require(sample.values[0])
        go.signal()
        #expect(number.sum > 0)
        #expect(worked > 1e6)
    }

    @Test func aThreadThatDoesNotExistFallsBackToTheProcess() {
        let counters = ProcessCounters([.pageFaults, .migrations], threads: [999_999_999])
        #expect(counters.statuses[0].state == .perProcess)
        #expect(counters.statuses[1].unavailability != nil)
    }

    @Test func aMissingReadingStaysMissingInDifferences() {
        let difference = CounterSample(values: [5, nil, 3]).since(CounterSample(values: [2, 1, nil]))
        #expect(difference.values == [3, nil, nil])
    }

    @Test func readingHasAPositiveCost() {
        var counters = ProcessCounters(CounterEvent.software)
        #expect(counters.readingCostMicroseconds() > 0)
    }

    /// A value that two threads pass to each other under semaphores.
    private final class Box: @unchecked Sendable {
        var value = 0
        var sum = 0.0
    }
}
