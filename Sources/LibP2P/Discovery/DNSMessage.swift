/// Why bytes are no DNS message.
enum DNSError: Error, Equatable, CustomStringConvertible {
    case truncated
    case tooLong
    case name
    case tooManyRecords

    var description: String {
        switch self {
        case .truncated: "DNS message ends too early"
        case .tooLong: "DNS message of more than \(DNSLimits.messageBytesMax) bytes"
        case .name: "malformed name in a DNS message"
        case .tooManyRecords: "DNS message of more than \(DNSLimits.recordsMax) records"
        }
    }
}

/// The record types that this stack knows.
enum DNSType {
    static let pointer: UInt16 = 12
    static let text: UInt16 = 16
    static let options: UInt16 = 41
    static let any: UInt16 = 255
}

/// What is asked.
struct DNSQuestion: Equatable, Sendable {
    var name: DNSName
    var type: UInt16
    /// The asker of an mDNS question wants the answer for itself (RFC 6762, section 5.4).
    var wantsUnicast = false
}

/// One resource record of the class IN; records of other classes are left out when reading.
struct DNSRecord: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case pointer(DNSName)
        case text([[UInt8]])
        case other(type: UInt16)
    }

    var name: DNSName
    var lifeSeconds: UInt32
    var content: Content
    /// An mDNS record that replaces all others of its name and type (RFC 6762, section 10.2).
    var isUnique = false
}

/// A DNS message, one-shot or multicast: RFC 1035, section 4, and RFC 6762, section 18.
struct DNSMessage: Equatable, Sendable {
    var id: UInt16 = 0
    var isResponse = false
    var isAuthoritative = false
    var isTruncated = false
    var wantsRecursion = false
    /// 0 is success, 3 means that the name does not exist.
    var responseCode: UInt8 = 0
    var questions: [DNSQuestion] = []
    var answers: [DNSRecord] = []
    var additional: [DNSRecord] = []
}
