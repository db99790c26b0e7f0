import Foundation
import LocalAPI
import Persistence
import Synchronization
import Testing

@testable import Node

@Suite("What a node takes of its machine")
struct AllowanceTests {
    /// What the watch is told that the process holds.
    private final class Held: Sendable {
        let bytes = Mutex<Int64>(0)
    }

    @Test("memory is scarce from 85 % of the bound on, overrun at it, and enough again below 75 %")
    func memory() {
        let held = Held()
        let watch = MemoryWatch(bytesMax: 1_000) { held.bytes.withLock { $0 } }
        let looks: [(Int64, MemoryWatch.Turn?, Bool)] = [
            (500, nil, false), (849, nil, false), (850, .scarce, true), (900, nil, true),
            (760, nil, true), (749, .enough, false), (1_000, .overrun, true), (100, .enough, false),
        ]
        for (bytes, turn, isScarce) in looks {
            held.bytes.withLock { $0 = bytes }
            #expect(watch.look() == turn, "\(bytes)")
            #expect(watch.use == MemoryUse(bytes: bytes, bytesMax: 1_000, isScarce: isScarce))
        }
        held.bytes.withLock { $0 = 900 }
        #expect(watch.look() == .scarce)
        watch.limit(to: nil)
        #expect(watch.look() == .enough && !watch.use.isScarce)
    }

    @Test("what the process holds grows with what it takes, and mapped files do not count")
    func measured() throws {
        let before = MemoryWatch.heldBytes
        var block = [UInt8](repeating: 1, count: 64 << 20)
        block[block.count / 2] = 2
        let after = MemoryWatch.heldBytes
        #expect(block.reduce(0) { $0 &+ Int($1) } == block.count + 1)
        #expect(after - before > 48 << 20, "\(before) \(after)")
    }

    @Test("to the log the allowance is a disk of its size, less what already lies there")
    func disk() throws {
        let path = NSTemporaryDirectory() + "allowance-\(UUID().uuidString)"
        let deep = "\(path)/blobs/deep"
        try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 7, count: 1 << 20).write(to: URL(fileURLWithPath: "\(deep)/one"))
        let whole = DiskAllowance(path, bytesMax: nil)
        #expect(whole.space(at: path)?.total == DiskSpace.measure(path)?.total)
        let part = DiskAllowance(path, bytesMax: 10 << 20)
        let space = try #require(part.space(at: path))
        #expect(space.cap == 10 << 20, "the cap is what is short")
        #expect(whole.space(at: path)?.cap == nil)
        #expect(DiskAllowance(path, bytesMax: .max).space(at: path)?.cap == nil, "the disk is")
        #expect(space.total == 10 << 20 && space.free == 9 << 20, "\(space)")
        part.limit(to: 1 << 19)
        #expect(part.space(at: path)?.free == 0)
    }

    @Test(
        "what is written between two looks counts at once, and what others write only until the next"
    )
    func betweenLooks() throws {
        let path = NSTemporaryDirectory() + "allowance-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let free = Held()
        free.bytes.withLock { $0 = 100 << 20 }
        let disk = DiskAllowance(path, bytesMax: 16 << 20) { _ in
            DiskSpace(free: UInt64(free.bytes.withLock { $0 }), total: 1 << 40)
        }
        #expect(disk.space(at: path)?.free == 16 << 20)
        free.bytes.withLock { $0 = 93 << 20 }
        #expect(disk.space(at: path)?.free == 9 << 20)
        // It was somebody else: near the end the next look comes soon, and says so.
        free.bytes.withLock { $0 = 50 << 20 }
        #expect(disk.space(at: path)?.free == 0)
        Thread.sleep(forTimeInterval: 0.3)
        #expect(disk.space(at: path)?.free == 16 << 20)
    }
}
