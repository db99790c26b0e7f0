/// Why bytes are not a document; every position is a byte offset.
public enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Longer than the limit; nothing was read.
    case tooLong(bytes: Int, limit: Int)
    /// The text ends inside a value.
    case unexpectedEnd
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8, at: Int)
    /// Not UTF-8.
    case invalidUTF8(at: Int)
    /// A backslash sequence that JSON does not know.
    case invalidEscape(at: Int)
    /// Half of a surrogate pair (D-03).
    case loneSurrogate(at: Int)
    /// Not `-?(0|[1-9][0-9]*)`, or `-0` (D-03).
    case invalidNumber(at: Int)
    /// Beyond ±(2^53 − 1) (D-03).
    case numberOutOfRange(at: Int)
    /// Two members of one name in one object (D-03).
    case duplicateMember(at: Int)
    /// Nested deeper than the limit.
    case tooDeep(at: Int, limit: Int)
    /// Something follows the document.
    case trailingBytes(at: Int)

    /// The cause in words.
    public var description: String {
        switch self {
        case .tooLong(let bytes, let limit): "\(bytes) bytes, over the limit of \(limit)"
        case .unexpectedEnd: "the text ends inside a value"
        case .unexpectedByte(let byte, let at):
            "byte 0x\(Hex.encode([byte])) at \(at) cannot stand here"
        case .invalidUTF8(let at): "not UTF-8 at byte \(at)"
        case .invalidEscape(let at): "unknown escape at byte \(at)"
        case .loneSurrogate(let at): "half of a surrogate pair at byte \(at)"
        case .invalidNumber(let at): "not an integer in plain form at byte \(at)"
        case .numberOutOfRange(let at): "integer beyond ±(2^53 - 1) at byte \(at)"
        case .duplicateMember(let at): "the object at byte \(at) has two members of one name"
        case .tooDeep(let at, let limit): "nested deeper than \(limit) levels at byte \(at)"
        case .trailingBytes(let at): "something follows the document at byte \(at)"
        }
    }
}
