import Glibc
import Primitives
import Synchronization

/// JSON lines on standard output, whole whichever thread speaks.
enum Speech {
    private static let turn = Mutex(())

    /// Something happened.
    static func event(_ name: String, _ members: (String, JSONValue)...) {
        self.say([("event", .string(name))] + members)
    }

    /// A command was carried out.
    static func result(_ number: Int64, _ value: JSONValue = .null) {
        self.say([("id", .integer(number)), ("result", value)])
    }

    /// A command failed.
    static func failure(_ number: Int64, _ reason: String) {
        self.say([("id", .integer(number)), ("error", .string(reason))])
    }

    private static func say(_ members: [(String, JSONValue)]) {
        let line = JSONValue.object(members).canonicalBytes() + [0x0a]
        self.turn.withLock { _ in
            var rest = line[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes {
                    write(STDOUT_FILENO, $0.baseAddress, $0.count)
                }
                // A parent that is gone also closed the commands, which ends this process.
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}
