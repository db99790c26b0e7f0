#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// IP addresses as text, by the system's own parser.
enum IPAddressText {
    static func parseIPv4(_ text: String) -> [UInt8]? {
        self.parse(text, family: AF_INET, count: 4)
    }

    static func parseIPv6(_ text: String) -> [UInt8]? {
        self.parse(text, family: AF_INET6, count: 16)
    }

    static func writeIPv6(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func parse(_ text: String, family: Int32, count: Int) -> [UInt8]? {
        // The system's parser stops at a zero byte and would not see what follows.
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
