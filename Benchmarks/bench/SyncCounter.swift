import Glibc
import Synchronization

/// Counts how often this process asks for its writes to be on the disk.
///
/// LMDB calls `fdatasync` through the table of dynamic symbols, in which the one of the program comes first.
enum SyncCounter {
    private static let count = Atomic(0)
    private typealias Sync = @convention(c) (Int32) -> Int32

    /// How often `body` has something synced.
    static func syncs(of body: () throws -> Void) rethrows -> Int {
        let before = self.count.load(ordering: .relaxed)
        try body()
        return self.count.load(ordering: .relaxed) - before
    }

    fileprivate static func sync(_ descriptor: Int32) -> Int32 {
        self.count.add(1, ordering: .relaxed)
        // The next one in the table is the system's.
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: -1), "fdatasync") else {
            return fsync(descriptor)
        }
        return unsafeBitCast(symbol, to: Sync.self)(descriptor)
    }
}

@_cdecl("fdatasync")
func countedDataSync(_ descriptor: Int32) -> Int32 { SyncCounter.sync(descriptor) }
