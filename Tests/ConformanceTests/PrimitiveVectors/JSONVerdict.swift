import Primitives

/// What the scanner makes of a document: the kind of its error, without the place.
enum JSONVerdict: String {
    case accepted, syntax, utf8, escape, surrogate, number, range, duplicate, depth, size

    init(scanning bytes: [UInt8]) {
        do {
            _ = try JSONDocument(scanning: bytes)
            self = .accepted
        } catch {
            self.init(error)
        }
    }

    private init(_ error: JSONError) {
        self =
            switch error {
            case .unexpectedEnd, .unexpectedByte, .trailingBytes: .syntax
            case .invalidUTF8: .utf8
            case .invalidEscape: .escape
            case .loneSurrogate: .surrogate
            case .invalidNumber: .number
            case .numberOutOfRange: .range
            case .duplicateMember: .duplicate
            case .tooDeep: .depth
            case .tooLong: .size
            }
    }
}
