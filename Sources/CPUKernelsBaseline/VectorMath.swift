// Vector arithmetic that every kernel is written in: sixteen floats at a time, whatever registers the build has (one zmm, two ymm, four xmm).
//
// Strict float addition is never reordered by the compiler, so sums are kept in vector accumulators by hand; a*b + c is never contracted,
// so the builds that have FMA ask for it by name, and the baseline does not (there it would be a library call a lane).

typealias Vector = SIMD16<Float>
let lanes = 16

@inline(always)
func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
    #if KERNEL_FMA
        return c.addingProduct(a, b)
    #else
        return a * b + c
    #endif
}

/// The larger of each pair of lanes. The standard library's `pointwiseMax` goes lane by lane (twenty times slower); a comparison and a
/// selection become one instruction.
@inline(always)
func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }

/// The smaller of each pair of lanes.
@inline(always)
func smaller(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .< a) }

// Only what the compiler always inlines may be taken from the standard library here. A generic function that it emits instead (`sum`, `max` and
// the conversions of SIMD types) is a weak symbol: the linker keeps one for all builds of this source, whatever instructions that copy has, and a
// processor without them stops. Tests/ArchitectureTests looks at the object files.

/// Integers as floats, lane by lane, which the compiler turns into one conversion; so too below.
@inline(always)
func converted(_ bits: SIMD16<Int32>) -> Vector {
    var result = Vector.zero
    for lane in 0..<lanes { result[lane] = Float(bits[lane]) }
    return result
}

/// The low 8 bits of each lane.
@inline(always)
func narrowed(_ bits: SIMD16<Int32>) -> SIMD16<Int8> {
    var result = SIMD16<Int8>.zero
    for lane in 0..<lanes { result[lane] = Int8(truncatingIfNeeded: bits[lane]) }
    return result
}

/// The low 16 bits of each lane.
@inline(always)
func narrowed(_ bits: SIMD16<UInt32>) -> SIMD16<UInt16> {
    var result = SIMD16<UInt16>.zero
    for lane in 0..<lanes { result[lane] = UInt16(truncatingIfNeeded: bits[lane]) }
    return result
}

/// The sum of all lanes, by halves.
@inline(always)
func laneSum(_ x: Vector) -> Float {
    let (a, b) = unsafeBitCast(x, to: (SIMD8<Float>, SIMD8<Float>).self)
    let (c, d) = unsafeBitCast(a + b, to: (SIMD4<Float>, SIMD4<Float>).self)
    let (e, f) = unsafeBitCast(c + d, to: (SIMD2<Float>, SIMD2<Float>).self)
    let pair = e + f
    return pair[0] + pair[1]
}

/// The largest of all lanes, by halves.
@inline(always)
func laneMaximum(_ x: Vector) -> Float {
    let (a, b) = unsafeBitCast(x, to: (SIMD8<Float>, SIMD8<Float>).self)
    let (c, d) = unsafeBitCast(a.replacing(with: b, where: b .> a), to: (SIMD4<Float>, SIMD4<Float>).self)
    let (e, f) = unsafeBitCast(c.replacing(with: d, where: d .> c), to: (SIMD2<Float>, SIMD2<Float>).self)
    let pair = e.replacing(with: f, where: f .> e)
    return pair[1] > pair[0] ? pair[1] : pair[0]
}

@inline(always)
func load(_ pointer: UnsafePointer<Float>, _ offset: Int) -> Vector {
    UnsafeRawPointer(pointer + offset).loadUnaligned(as: Vector.self)
}

@inline(always)
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, _ offset: Int) {
    UnsafeMutableRawPointer(pointer + offset).storeBytes(of: vector, as: Vector.self)
}

/// exp(x) to about 1 ulp of Float on [-87, 88]; smaller arguments give 0, larger ones the largest finite power.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2; exp(r) by its series to the seventh power; 2^n put into the exponent bits
/// (Cody and Waite, "Software Manual for the Elementary Functions", 1980).
@inline(always)
func exponential(_ x: Vector) -> Vector {
    let clamped = smaller(larger(x, Vector(repeating: -87.3)), Vector(repeating: 88.3))
    // Adding 1.5 x 2^23 rounds to an integer and leaves it in the low mantissa bits.
    let magic = Vector(repeating: 12_582_912)
    let shifted = multiplyAdd(clamped, Vector(repeating: 1.442_695_04), magic)
    let n = shifted - magic
    var r = multiplyAdd(n, Vector(repeating: -0.693_145_751_953_125), clamped)
    r = multiplyAdd(n, Vector(repeating: -1.428_606_765_330_187e-6), r)
    var p = Vector(repeating: 1.0 / 5040)
    p = multiplyAdd(p, r, Vector(repeating: 1.0 / 720))
    p = multiplyAdd(p, r, Vector(repeating: 1.0 / 120))
    p = multiplyAdd(p, r, Vector(repeating: 1.0 / 24))
    p = multiplyAdd(p, r, Vector(repeating: 1.0 / 6))
    p = multiplyAdd(p, r, Vector(repeating: 0.5))
    p = multiplyAdd(p, r, Vector(repeating: 1))
    p = multiplyAdd(p, r, Vector(repeating: 1))
    // The exponent field is filled by a multiplication: shifts of vectors go lane by lane in the standard library.
    let bits = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- SIMD16(repeating: 0x4B40_0000 - 127)
    let scale = unsafeBitCast(bits &* SIMD16(repeating: 1 << 23), to: Vector.self)
    return (p * scale).replacing(with: Vector.zero, where: x .< Vector(repeating: -87.3))
}

@inline(always)
func hyperbolicTangent(_ x: Vector) -> Vector {
    // 1 - 2 / (exp(2x) + 1), with the argument held where the result is 1 to the last bit.
    let held = smaller(larger(x, Vector(repeating: -9.01)), Vector(repeating: 9.01))
    return 1 - 2 / (exponential(held + held) + 1)
}

/// The error function to 1.5e-7 (Abramowitz and Stegun, formula 7.1.26).
@inline(always)
func errorFunction(_ x: Vector) -> Vector {
    let magnitude = larger(x, -x)
    let t = 1 / multiplyAdd(magnitude, Vector(repeating: 0.327_591_1), Vector(repeating: 1))
    var p = multiplyAdd(t, Vector(repeating: 1.061_405_429), Vector(repeating: -1.453_152_027))
    p = multiplyAdd(p, t, Vector(repeating: 1.421_413_741))
    p = multiplyAdd(p, t, Vector(repeating: -0.284_496_736))
    p = multiplyAdd(p, t, Vector(repeating: 0.254_829_592))
    let result = 1 - p * t * exponential(-magnitude * magnitude)
    return result.replacing(with: -result, where: x .< 0)
}

/// A function of sixteen lanes. A type, not a closure: a closure is called through a pointer for every vector, a generic is inlined.
protocol VectorOperation {
    func apply(_ x: Vector) -> Vector
}

/// Multiplication by one number.
struct Scaling: VectorOperation {
    let factor: Float
    @inline(always)
    func apply(_ x: Vector) -> Vector { x * factor }
}

/// Runs a vector operation over a buffer, the last partial vector through a padded copy.
@inline(always)
func map<Operation: VectorOperation>(
    _ count: Int, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ operation: Operation
) {
    var index = 0
    while index &+ lanes <= count {
        store(operation.apply(load(source, index)), target, index)
        index &+= lanes
    }
    guard index < count else { return }
    var tail = Vector.zero
    for lane in 0..<(count &- index) { tail[lane] = source[index &+ lane] }
    let result = operation.apply(tail)
    for lane in 0..<(count &- index) { target[index &+ lane] = result[lane] }
}

/// Dot product of two buffers.
@inline(always)
func dot(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>) -> Float {
    var a = Vector.zero
    var b = Vector.zero
    var c = Vector.zero
    var d = Vector.zero
    var index = 0
    while index &+ 4 &* lanes <= count {
        a = multiplyAdd(load(x, index), load(y, index), a)
        b = multiplyAdd(load(x, index &+ lanes), load(y, index &+ lanes), b)
        c = multiplyAdd(load(x, index &+ 2 &* lanes), load(y, index &+ 2 &* lanes), c)
        d = multiplyAdd(load(x, index &+ 3 &* lanes), load(y, index &+ 3 &* lanes), d)
        index &+= 4 &* lanes
    }
    while index &+ lanes <= count {
        a = multiplyAdd(load(x, index), load(y, index), a)
        index &+= lanes
    }
    var sum = laneSum((a + b) + (c + d))
    while index < count {
        sum += x[index] * y[index]
        index &+= 1
    }
    return sum
}
