import Primitives
import Testing

@testable import Yamux

@Suite("Bytes that wait for window")
struct PendingBytesTests {
    @Test(
        "They come out in the order they went in, however cut",
        arguments: 0..<20 as Range<UInt64>
    )
    func order(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var pending = PendingBytes()
        var model: [UInt8] = []
        var next: UInt8 = 0
        for _ in 0..<400 {
            let size = [0, 1, 40, 4_095, 4_096, 9_000].randomElement(using: &generator) ?? 0
            let data = (0..<size).map { _ in
                next &+= 1
                return next
            }
            pending.append(data)
            model += data
            #expect(pending.count == model.count)
            var output: [UInt8] = []
            let moved = Int.random(in: 0...min(model.count, 7_000), using: &generator)
            pending.move(moved, to: &output)
            #expect(output == Array(model.prefix(moved)))
            model.removeFirst(moved)
        }
        var rest: [UInt8] = []
        pending.move(pending.count, to: &rest)
        #expect(rest == model)
        #expect(pending.count == 0)
    }
}
