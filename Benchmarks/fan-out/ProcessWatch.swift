import Foundation

/// What Linux tells of another process.
struct ProcessWatch {
    let pid: Int32

    /// CPU seconds of all its threads, in the kernel as well.
    var cpuSeconds: Double {
        get throws {
            let text = try self.file("stat")
            // The name in parentheses may hold anything; the fields behind it are numbers.
            guard let end = text.lastIndex(of: ")") else { throw self.unreadable("stat") }
            let fields = text[end...].split(separator: " ").dropFirst()
            // Fields 14 and 15 of the line; the first one behind the name is field 3.
            let numbers = fields.dropFirst(11).prefix(2).compactMap { Double($0) }
            guard numbers.count == 2 else { throw self.unreadable("stat") }
            return (numbers[0] + numbers[1]) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// Resident memory.
    var residentMiB: Double { get throws { try self.memory("VmRSS:") } }

    /// The most that was ever resident.
    var residentPeakMiB: Double { get throws { try self.memory("VmHWM:") } }

    private func memory(_ name: String) throws -> Double {
        for line in try self.file("status").split(separator: "\n") where line.hasPrefix(name) {
            if let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first {
                return (Double(kibibytes) ?? 0) / 1_024
            }
        }
        throw self.unreadable("status")
    }

    private func file(_ name: String) throws -> String {
        try String(contentsOfFile: "/proc/\(self.pid)/\(name)", encoding: .utf8)
    }

    private func unreadable(_ name: String) -> FanOutError {
        FanOutError("/proc/\(self.pid)/\(name) is not as expected")
    }
}
