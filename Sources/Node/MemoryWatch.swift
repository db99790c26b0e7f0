import CMalloc
import Foundation
import Glibc
import LocalAPI
import Logging
import Synchronization

/// Looks how much memory the process holds, and says when it comes close to its bound or beyond it (ADR 0076).
final class MemoryWatch: Sendable {
    /// What becomes of the bound.
    enum Turn: Sendable, Equatable {
        /// It is close: nothing more should be taken on.
        case scarce
        /// There is room again.
        case enough
        /// It is overrun, so that what can be rebuilt must go.
        case overrun
    }

    private let state: Mutex<MemoryUse>
    private let measure: @Sendable () -> Int64

    /// Between two looks.
    ///
    /// Source: own choice: one read of a small file of the kernel.
    private static let pause = Duration.seconds(1)
    /// Below this part of the bound there is room again, so that a node at the edge does not change its mind each second.
    ///
    /// Source: own choice.
    private static let enoughAtPercent: Int64 = 75

    /// - Parameters:
    ///   - bytesMax: the bound; nil for none.
    ///   - measure: how much the process holds.
    init(bytesMax: Int64?, measure: @escaping @Sendable () -> Int64 = { MemoryWatch.heldBytes }) {
        self.state = Mutex(MemoryUse(bytes: measure(), bytesMax: bytesMax))
        self.measure = measure
    }

    /// What the last look saw.
    var use: MemoryUse { self.state.withLock { $0 } }

    /// Changes the bound; nil for none.
    func limit(to bytesMax: Int64?) { self.state.withLock { $0.bytesMax = bytesMax } }

    /// Looks again and again until the task is cancelled, and tells each turn.
    func run(_ tell: (Turn) -> Void) async {
        while !Task.isCancelled {
            if let turn = self.look() { tell(turn) }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Looks once.
    ///
    /// - Returns: what changed, if anything.
    func look() -> Turn? {
        var bytes = self.measure()
        let last = self.use
        if let bytesMax = last.bytesMax,
            bytes >= (last.isScarce ? bytesMax : bytesMax / 100 * MemoryUse.scarceAtPercent)
        {
            // What was freed may still be kept for what is asked for next; to look for it takes a while.
            malloc_trim(0)
            bytes = self.measure()
        }
        let held = bytes
        return self.state.withLock { use in
            use.bytes = held
            guard let bytesMax = use.bytesMax else {
                defer { use.isScarce = false }
                return use.isScarce ? .enough : nil
            }
            if held >= bytesMax {
                use.isScarce = true
                return .overrun
            }
            if !use.isScarce, held >= bytesMax / 100 * MemoryUse.scarceAtPercent {
                use.isScarce = true
                return .scarce
            }
            if use.isScarce, held < bytesMax / 100 * Self.enoughAtPercent {
                use.isScarce = false
                return .enough
            }
            return nil
        }
    }

    /// Memory of the process without pages of files, which are the second and the third number of
    /// `/proc/self/statm` (proc(5)).
    static var heldBytes: Int64 {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return 0
        }
        let pages = text.split(separator: " ").prefix(3).compactMap { Int64($0) }
        guard pages.count == 3 else { return 0 }
        return (pages[1] - pages[2]) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }
}
