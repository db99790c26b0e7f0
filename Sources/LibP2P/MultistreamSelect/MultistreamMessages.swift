import Multiformats

/// Messages of the form length, text, line feed: multistream-select specification.
struct MultistreamMessages: Sendable {
    /// The message with which each side begins.
    static let header = Self.encode(Array("/multistream/1.0.0".utf8))
    static let refusal = Array("na".utf8)
    static let list = Array("ls".utf8)
    private static let lineFeed = UInt8(ascii: "\n")

    private var bytes: ArraySlice<UInt8> = []
    private var hasHeader = false

    static func encode(_ text: [UInt8]) -> [UInt8] {
        Varint.encode(UInt64(text.count + 1)) + text + [Self.lineFeed]
    }

    mutating func append(_ input: ArraySlice<UInt8>) { self.bytes = Array(self.bytes + input)[...] }

    /// The text of the next whole message behind the header; nil when more bytes are needed.
    ///
    /// Nothing longer than one message is waited for, and a wrong header throws at its first
    /// wrong byte.
    mutating func next() throws(MultistreamError) -> [UInt8]? {
        guard try self.readHeader(), let prefix = try self.lengthPrefix() else { return nil }
        guard prefix.value > 0 else { throw .malformed }
        guard prefix.value <= MultistreamLimits.maximumMessage else { throw .tooLong }
        let message = self.bytes.dropFirst(prefix.length).prefix(Int(prefix.value))
        guard message.count == Int(prefix.value) else { return nil }
        guard message.last == Self.lineFeed else { throw .malformed }
        self.bytes = self.bytes[message.endIndex...]
        return Array(message.dropLast())
    }

    /// Whether the other side's header was read; it is taken off the input when it is whole.
    mutating func readHeader() throws(MultistreamError) -> Bool {
        guard !self.hasHeader else { return true }
        let start = self.bytes.prefix(Self.header.count)
        guard Self.header.starts(with: start) else { throw .header }
        guard start.count == Self.header.count else { return false }
        self.bytes = self.bytes[start.endIndex...]
        self.hasHeader = true
        return true
    }

    /// Takes the bytes behind the last message.
    mutating func takeRest() -> [UInt8] {
        defer { self.bytes = [] }
        return Array(self.bytes)
    }

    private func lengthPrefix() throws(MultistreamError) -> (value: UInt64, length: Int)? {
        do {
            return try Varint.decode(self.bytes)
        } catch {
            throw .malformed
        }
    }
}
