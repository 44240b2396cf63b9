/// Loops that show what the machine can do at most: what calibration times. Each does one thing as fast as this build's instructions allow.
public enum ProbeLoops {
    /// Independent chains of multiply-adds in registers. `chains` counts vectors of 16 floats: 12 hide the latency of two 512-bit ports,
    /// 7 fill the sixteen 256-bit registers, 3 the sixteen 128-bit ones; the best of the three is the peak of the port.
    ///
    /// - Returns: a value that depends on every operation; operations done: 2 x 16 x chains x iterations.
    @inline(never)
    public static func multiplyAdds(chains: Int, iterations: Int, factor: Float) -> Float {
        switch chains {
        case 3: multiplyAdds3(iterations, factor)
        case 7: multiplyAdds7(iterations, factor)
        default: multiplyAdds12(iterations, factor)
        }
    }

    private static func multiplyAdds3(_ iterations: Int, _ factor: Float) -> Float {
        let x = Vector(repeating: factor)
        var a = x, b = x + 1, c = x + 2
        for _ in 0..<iterations {
            a = multiplyAdd(a, x, x)
            b = multiplyAdd(b, x, x)
            c = multiplyAdd(c, x, x)
        }
        return laneSum(a + b + c)
    }

    private static func multiplyAdds7(_ iterations: Int, _ factor: Float) -> Float {
        let x = Vector(repeating: factor)
        var a = x, b = x + 1, c = x + 2, d = x + 3, e = x + 4, f = x + 5, g = x + 6
        for _ in 0..<iterations {
            a = multiplyAdd(a, x, x)
            b = multiplyAdd(b, x, x)
            c = multiplyAdd(c, x, x)
            d = multiplyAdd(d, x, x)
            e = multiplyAdd(e, x, x)
            f = multiplyAdd(f, x, x)
            g = multiplyAdd(g, x, x)
        }
        return laneSum(a + b + c + d + e + f + g)
    }

    private static func multiplyAdds12(_ iterations: Int, _ factor: Float) -> Float {
        let x = Vector(repeating: factor)
        var a = x, b = x + 1, c = x + 2, d = x + 3, e = x + 4, f = x + 5
        var g = x + 6, h = x + 7, i = x + 8, j = x + 9, k = x + 10, l = x + 11
        for _ in 0..<iterations {
            a = multiplyAdd(a, x, x)
            b = multiplyAdd(b, x, x)
            c = multiplyAdd(c, x, x)
            d = multiplyAdd(d, x, x)
            e = multiplyAdd(e, x, x)
            f = multiplyAdd(f, x, x)
            g = multiplyAdd(g, x, x)
            h = multiplyAdd(h, x, x)
            i = multiplyAdd(i, x, x)
            j = multiplyAdd(j, x, x)
            k = multiplyAdd(k, x, x)
            l = multiplyAdd(l, x, x)
        }
        return laneSum((a + b + c + d) + (e + f + g + h) + (i + j + k + l))
    }

    /// A chain of 16 integer operations of one cycle each per iteration, each waiting for the one before: time / 16 is the clock's period.
    @inline(never)
    public static func dependentAdds(iterations: Int, _ addend: Int, _ mask: Int) -> Int {
        var x = addend
        for _ in 0..<iterations {
            x = (x &+ addend) ^ mask
            x = (x &+ addend) ^ mask
            x = (x &+ addend) ^ mask
            x = (x &+ addend) ^ mask
            x = (x &+ addend) ^ mask
            x = (x &+ addend) ^ mask
            x = (x &+ addend) ^ mask
            x = (x &+ addend) ^ mask
        }
        return x
    }

    /// Reads `count` floats (a multiple of 64) `passes` times.
    @inline(never)
    public static func read(_ x: UnsafePointer<Float>, count: Int, passes: Int) -> Float {
        var a = Vector.zero, b = Vector.zero, c = Vector.zero, d = Vector.zero
        for _ in 0..<passes {
            var index = 0
            while index < count {
                a += load(x, index)
                b += load(x, index &+ 16)
                c += load(x, index &+ 32)
                d += load(x, index &+ 48)
                index &+= 64
            }
        }
        return laneSum(a + b + c + d)
    }

    /// z = x + factor y over `count` floats (a multiple of 32), `passes` times: two streams read, one written (McCalpin's STREAM triad).
    @inline(never)
    public static func triad(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>, count: Int, passes: Int, factor: Float
    ) {
        let scale = Vector(repeating: factor)
        for _ in 0..<passes {
            var index = 0
            while index < count {
                store(multiplyAdd(load(y, index), scale, load(x, index)), z, index)
                store(multiplyAdd(load(y, index &+ 16), scale, load(x, index &+ 16)), z, index &+ 16)
                index &+= 32
            }
        }
    }

    /// Writes `count` floats (a multiple of 32), `passes` times.
    @inline(never)
    public static func write(_ z: UnsafeMutablePointer<Float>, count: Int, passes: Int, value: Float) {
        let vector = Vector(repeating: value)
        for pass in 0..<passes {
            let shifted = vector + Float(pass)
            var index = 0
            while index < count {
                store(shifted, z, index)
                store(shifted, z, index &+ 16)
                index &+= 32
            }
        }
    }

    /// Follows a chain of pointers: each load waits for the one before.
    @inline(never)
    public static func chase(_ start: UnsafeRawPointer, steps: Int) -> UnsafeRawPointer {
        var pointer = start
        for _ in 0..<steps { pointer = pointer.load(as: UnsafeRawPointer.self) }
        return pointer
    }
}
