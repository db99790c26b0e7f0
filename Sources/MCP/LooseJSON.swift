import Primitives

/// Finds the `id` of a message that is no strict JSON.
///
/// It follows strings and brackets and nothing else, and gives up where those do not fit.
enum LooseJSON {
    /// The id of the outermost object; nil when none can be made out.
    static func id(in bytes: [UInt8]) -> JSONValue? {
        var depth = 0
        var index = 0
        var found: JSONValue?
        while index < bytes.count {
            switch bytes[index] {
            case 0x7b, 0x5b:
                // An array holds no message.
                if depth == 0, bytes[index] == 0x5b { return nil }
                depth += 1
            case 0x7d, 0x5d: depth -= 1
            case 0x22:
                guard let end = Self.end(ofStringAt: index, in: bytes) else { return nil }
                if depth == 1, bytes[index...end].elementsEqual(Array("\"id\"".utf8)),
                    let value = Self.value(after: end, in: bytes)
                {
                    found = value
                }
                index = end
            default: break
            }
            index += 1
        }
        return depth == 0 ? found : nil
    }

    private static func end(ofStringAt start: Int, in bytes: [UInt8]) -> Int? {
        var index = start + 1
        while index < bytes.count {
            if bytes[index] == 0x22 { return index }
            index += bytes[index] == 0x5c ? 2 : 1
        }
        return nil
    }

    /// The text or the number behind a colon.
    private static func value(after end: Int, in bytes: [UInt8]) -> JSONValue? {
        let rest = bytes[(end + 1)...].drop { Self.isSpace($0) }
        guard rest.first == 0x3a else { return nil }
        let value = rest.dropFirst().drop { Self.isSpace($0) }
        let length: Int
        if value.first == 0x22 {
            guard let end = Self.end(ofStringAt: value.startIndex, in: bytes) else { return nil }
            length = end - value.startIndex + 1
        } else {
            length = value.prefix { $0 == 0x2d || (0x30...0x39).contains($0) }.count
        }
        let text = Array(value.prefix(length))
        guard let id = try? JSONDocument(scanning: text).root.value,
            id.string != nil || id.integer != nil
        else { return nil }
        return id
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
}
