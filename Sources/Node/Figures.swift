import Foundation
import Glibc
import HTTPServer
import Kernel
import LocalAPI
import Messages
import SwarmTransport
import Synchronization

/// What is measured of a node from the start of its process to the end, however often it is rebuilt.
final class Figures: Sendable {
    let recorder = FigureRecorder(
        version: NodeVersion.text,
        subsystems: (SubsystemName.standard + [.pluginHost]).map(\.rawValue)
    )
    private let startedAt: Moment
    private let rebuilds = Atomic<Int>(0)
    /// Bytes of transports that are closed.
    private let past = Mutex<(read: UInt64, written: UInt64)>((0, 0))

    /// - Parameter startedAt: when the process began.
    init(startedAt: Moment) { self.startedAt = startedAt }

    /// The node was thrown away and built again.
    func rebuilt() { self.rebuilds.add(1, ordering: .relaxed) }

    /// A transport was closed; what it carried goes on counting.
    func closed(_ transport: SwarmTransport) {
        let traffic = transport.traffic
        self.past.withLock { past in
            past.read += traffic.read
            past.written += traffic.written
        }
    }

    /// How the process, its transport and its bus are now.
    func vitals(of kernel: Kernel, _ transport: SwarmTransport, _ memory: MemoryUse) -> Vitals {
        let (past, now) = (self.past.withLock { $0 }, transport.traffic)
        return Vitals(
            mailboxes: kernel.counters,
            rebuilds: self.rebuilds.load(ordering: .relaxed),
            processorSeconds: Self.processorSeconds,
            memoryBytes: Self.memoryBytes,
            memory: memory,
            verifier: .now,
            bytesRead: past.read + now.read,
            bytesWritten: past.written + now.written,
            openFiles: Self.openFiles,
            openFilesMax: Descriptors.count,
            startedAt: Double(self.startedAt.milliseconds) / 1_000
        )
    }

    private static var processorSeconds: Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return [usage.ru_utime, usage.ru_stime].reduce(0) { sum, time in
            sum + Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
        }
    }

    /// The second number of `/proc/self/statm` counts pages that are in memory (proc(5)).
    private static var memoryBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return 0
        }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static var openFiles: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
    }
}
