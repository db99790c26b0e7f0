#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Whether this machine has instructions for AES, by which TLS is several times faster than Noise.
public enum AESInstructions {
    /// Whether they are there.
    public static let areAvailable = Self.look()

    /// Whether a list of the kernel's names them: `flags` on x86, `Features` on ARM.
    static func areNamed(in list: String) -> Bool {
        list.split(whereSeparator: \.isNewline).contains { line in
            guard line.hasPrefix("flags") || line.hasPrefix("Features"),
                let colon = line.firstIndex(of: ":")
            else { return false }
            return line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace)
                .contains("aes")
        }
    }

    private static func look() -> Bool {
        #if canImport(Darwin)
        return true
        #else
        guard let file = fopen("/proc/cpuinfo", "r") else { return false }
        defer { fclose(file) }
        // What the first processor has stands in the first few kilobytes.
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = fread(&bytes, 1, bytes.count, file)
        return Self.areNamed(in: String(decoding: bytes.prefix(count), as: UTF8.self))
        #endif
    }
}
