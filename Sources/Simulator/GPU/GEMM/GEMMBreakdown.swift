import Workload

extension GEMMEstimate {
    /// Adds the owners of this kernel's time to `breakdown`; they add up to `time`.
    ///
    /// The largest resource owns its own time, split into named parts where it is the multiprocessor; what the blend adds on top is
    /// contention.
    func attribute(to breakdown: inout TimeBreakdown, pipe: TimeOwner) {
        breakdown[.fill] += fill
        breakdown[.extraPasses] += reduction
        breakdown[.power] += power
        let body = kernel - power
        let largest = max(multiprocessor, cache, memory)
        guard largest > 0 else {
            breakdown[.fill] += body
            return
        }
        if memory >= largest {
            breakdown[.memoryBandwidth] += min(memory, body)
        } else if cache >= largest {
            breakdown[.l2Bandwidth] += min(cache, body)
        } else {
            let parts = useful + padding + tail + prologue + stall
            let scale = parts > 0 ? min(multiprocessor, body) / parts : 0
            breakdown[pipe] += useful * scale
            breakdown[.padding] += padding * scale
            breakdown[.tail] += tail * scale
            breakdown[.fill] += prologue * scale
            breakdown[stallOwner] += stall * scale
        }
        breakdown[.contention] += max(0, body - largest)
    }
}
