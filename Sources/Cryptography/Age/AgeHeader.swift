import Primitives

/// The lines in front of the encrypted content: the version, how the key is locked, and a code over both.
struct AgeHeader {
    private static let version = "age-encryption.org/v1"
    private static let type = "scrypt"
    private static let newline = UInt8(ascii: "\n")

    let stanza: AgeStanza
    /// Bytes of the header.
    let length: Int
    private let authenticated: [UInt8]
    private let code: [UInt8]

    // MARK: Writing

    static func bytes(of stanza: AgeStanza, fileKey: [UInt8]) -> [UInt8] {
        let salt = UnpaddedBase64.encode(stanza.salt)
        let body = UnpaddedBase64.encode(stanza.body)
        let text = "\(Self.version)\n-> \(Self.type) \(salt) \(stanza.workFactor)\n\(body)\n---"
        let code = Self.code(over: Array(text.utf8), fileKey)
        return Array("\(text) \(UnpaddedBase64.encode(code))\n".utf8)
    }

    private static func code(over bytes: [UInt8], _ fileKey: [UInt8]) -> [UInt8] {
        let key = HKDFSHA256.derive(
            inputKey: fileKey,
            salt: [],
            info: Array("header".utf8),
            count: 32
        )
        return HMACSHA256.code(for: bytes, key: key)
    }

    // MARK: Reading

    /// Reads a header.
    ///
    /// - Throws: ``AgeError/malformed(_:)``, or ``AgeError/otherRecipients`` for a file that something else
    ///   than one passphrase locks.
    init(_ file: [UInt8]) throws(AgeError) {
        var lines = Lines(file)
        guard try lines.next() == Self.version else {
            throw .malformed("its first line is not \(Self.version)")
        }
        self.stanza = try Self.stanza(&lines)
        let start = lines.position
        let last = try lines.next()
        if last.hasPrefix("-> ") { throw .otherRecipients }
        guard last.hasPrefix("--- "),
            let code = UnpaddedBase64.decode(String(last.dropFirst(4))), code.count == 32
        else { throw .malformed("its header has no code") }
        self.code = code
        self.authenticated = Array(file[..<(start + 3)])
        self.length = lines.position
    }

    /// The lines of the one recipient.
    private static func stanza(_ lines: inout Lines) throws(AgeError) -> AgeStanza {
        let words = try lines.next().split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 2, words[0] == "->" else { throw .malformed("it has no recipient") }
        guard words[1] == Self.type else { throw .otherRecipients }
        guard words.count == 4, let factor = Self.workFactor(words[3]),
            let salt = UnpaddedBase64.decode(String(words[2])), salt.count == AgeLimits.keyBytes
        else { throw .malformed("its recipient is not a passphrase's") }
        guard let body = UnpaddedBase64.decode(try lines.next()),
            body.count == AgeLimits.keyBytes + ChaCha20Poly1305.tagBytes
        else { throw .malformed("its key has another length") }
        return AgeStanza(salt: salt, workFactor: factor, body: body)
    }

    /// A number from 1 on, without zeros in front.
    private static func workFactor(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !text.hasPrefix("0"),
            text.utf8.count <= 2
        else { return nil }
        return Int(text)
    }

    /// Whether this key made the code.
    func isAuthentic(under fileKey: [UInt8]) -> Bool {
        let own = Self.code(over: self.authenticated, fileKey)
        return zip(own, self.code).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The lines of a header, which are ASCII.
    private struct Lines {
        private let file: [UInt8]
        private(set) var position = 0
        /// No line of a passphrase's header is longer.
        private static let lengthMax = 128

        init(_ file: [UInt8]) { self.file = file }

        mutating func next() throws(AgeError) -> String {
            let line = self.file[self.position...].prefix { $0 != AgeHeader.newline }
            guard line.endIndex < self.file.count, line.count <= Self.lengthMax,
                line.allSatisfy({ (0x20...0x7e).contains($0) })
            else { throw .malformed("its header is cut off, or no text") }
            self.position = line.endIndex + 1
            return String(decoding: line, as: UTF8.self)
        }
    }
}

/// Base64 without the padding (RFC 4648 §3.2), one text for one value.
enum UnpaddedBase64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes)
        return String(text.prefix { $0 != "=" })
    }

    static func decode(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(UInt8(ascii: "=")) else { return nil }
        let missing = (4 - text.utf8.count % 4) % 4
        return Base64.decode(text + String(repeating: "=", count: missing))
    }
}
