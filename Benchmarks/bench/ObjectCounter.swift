import Foundation
import Synchronization

/// Counts the heap objects that Swift code allocates: arrays, boxes and class instances.
///
/// It uses the hook that the Swift runtime keeps for profilers and gives no figure where the
/// runtime does not export it. What C libraries allocate is not counted. Hooked code is slower, so
/// nothing is timed under it.
enum ObjectCounter {
    private typealias Allocate =
        @convention(c) @Sendable (UnsafeRawPointer?, Int, Int) -> UnsafeRawPointer?

    private static let count = Atomic(0)
    /// The runtime's own allocator.
    private static let allocate = Self.hook?.pointee

    /// The objects that all threads allocate while `body` runs; nil when they cannot be counted.
    static func objects(allocatedBy body: () throws -> Void) rethrows -> Int? {
        let isCounting = self.begin()
        defer { self.end() }
        try body()
        return isCounting ? self.count.load(ordering: .relaxed) : nil
    }

    /// The same for work that waits.
    static func objects(allocatedBy body: () async throws -> Void) async rethrows -> Int? {
        let isCounting = self.begin()
        defer { self.end() }
        try await body()
        return isCounting ? self.count.load(ordering: .relaxed) : nil
    }

    private static func begin() -> Bool {
        guard let hook = self.hook, let isHooked = self.isHooked, self.allocate != nil else {
            return false
        }
        self.count.store(0, ordering: .relaxed)
        hook.pointee = { metadata, size, alignment in
            ObjectCounter.count.add(1, ordering: .relaxed)
            return ObjectCounter.allocate?(metadata, size, alignment)
        }
        isHooked.pointee = true
        return true
    }

    private static func end() {
        guard let hook = self.hook, let original = self.allocate else { return }
        self.isHooked?.pointee = false
        hook.pointee = original
    }

    private static var hook: UnsafeMutablePointer<Allocate>? {
        self.symbol("_swift_allocObject")?.assumingMemoryBound(to: Allocate.self)
    }

    private static var isHooked: UnsafeMutablePointer<Bool>? {
        self.symbol(
            "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly"
        )?.assumingMemoryBound(to: Bool.self)
    }

    private static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
        dlopen(nil, RTLD_NOW).flatMap { dlsym($0, name) }
    }
}
