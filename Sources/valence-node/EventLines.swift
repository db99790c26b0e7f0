/// Reads server-sent events from bytes as they come (HTML, Server-sent events).
struct EventLines: Sendable {
    /// One event.
    struct Event: Sendable, Equatable {
        let kind: String
        let data: [UInt8]
    }

    private var rest: [UInt8] = []
    private var kind = "message"
    private var data: [UInt8]?

    /// Takes bytes, which may end anywhere.
    ///
    /// - Returns: the events that are whole now.
    mutating func take(_ bytes: [UInt8]) -> [Event] {
        self.rest += bytes
        var lines = self.rest.split(separator: 0x0a, omittingEmptySubsequences: false)
        self.rest = lines.popLast().map { Array($0) } ?? []
        return lines.compactMap { self.take(line: $0) }
    }

    private mutating func take(line: ArraySlice<UInt8>) -> Event? {
        guard !line.isEmpty else {
            defer { (self.kind, self.data) = ("message", nil) }
            return self.data.map { Event(kind: self.kind, data: $0) }
        }
        let name = line.prefix { $0 != 0x3a }
        let value = line.dropFirst(name.count + 1).drop { $0 == 0x20 }
        switch String(decoding: name, as: UTF8.self) {
        case "event": self.kind = String(decoding: value, as: UTF8.self)
        case "data": self.data = (self.data.map { $0 + [0x0a] } ?? []) + value
        // Comments, and fields that need no answer.
        default: break
        }
        return nil
    }
}
