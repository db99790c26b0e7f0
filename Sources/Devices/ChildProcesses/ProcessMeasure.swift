import Glibc
import Messages

/// What Linux says of a process under `/proc`.
enum ProcessMeasure {
    /// Memory and processor time of a process, without those that it started; nil when it is gone.
    static func usage(of process: pid_t) -> PluginUsage? {
        // Behind the name, which may have spaces, come the state and then numbers; the times of
        // proc(5) are the fields 14 and 15, and resident pages the field 24.
        guard let text = Self.read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[end...].dropFirst().split(separator: " ")
        guard fields.count > 21, let user = Int64(fields[11]), let system = Int64(fields[12]),
            let pages = Int64(fields[21])
        else { return nil }
        var usage = PluginUsage()
        usage.process = process
        usage.memoryBytes = pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
        usage.processorMilliseconds =
            (user + system) * 1_000 / Int64(sysconf(Int32(_SC_CLK_TCK)))
        return usage
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
