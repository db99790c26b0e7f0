/// Why bytes are no DNS message.
package enum DNSError: Error, Equatable, CustomStringConvertible {
    case truncated
    case tooLong
    case name
    case tooManyRecords

    package var description: String {
        switch self {
        case .truncated: "DNS message ends too early"
        case .tooLong: "DNS message of more than \(DNSLimits.messageBytesMax) bytes"
        case .name: "malformed name in a DNS message"
        case .tooManyRecords: "DNS message of more than \(DNSLimits.recordsMax) records"
        }
    }
}

/// The record types that this stack knows.
package enum DNSType {
    package static let pointer: UInt16 = 12
    package static let text: UInt16 = 16
    static let options: UInt16 = 41
    package static let any: UInt16 = 255
}

/// What is asked.
package struct DNSQuestion: Equatable, Sendable {
    package var name: DNSName
    package var type: UInt16
    /// The asker of an mDNS question wants the answer for itself (RFC 6762, section 5.4).
    package var wantsUnicast = false

    package init(name: DNSName, type: UInt16, wantsUnicast: Bool = false) {
        self.name = name
        self.type = type
        self.wantsUnicast = wantsUnicast
    }
}

/// One resource record of the class IN; records of other classes are left out when reading.
package struct DNSRecord: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        case pointer(DNSName)
        case text([[UInt8]])
        case other(type: UInt16)
    }

    package var name: DNSName
    package var lifeSeconds: UInt32
    package var content: Content
    /// An mDNS record that replaces all others of its name and type (RFC 6762, section 10.2).
    package var isUnique = false

    package init(name: DNSName, lifeSeconds: UInt32, content: Content, isUnique: Bool = false) {
        self.name = name
        self.lifeSeconds = lifeSeconds
        self.content = content
        self.isUnique = isUnique
    }
}

/// A DNS message, one-shot or multicast: RFC 1035, section 4, and RFC 6762, section 18.
package struct DNSMessage: Equatable, Sendable {
    package var id: UInt16 = 0
    package var isResponse = false
    package var isAuthoritative = false
    package var isTruncated = false
    package var wantsRecursion = false
    /// 0 is success, 3 means that the name does not exist.
    package var responseCode: UInt8 = 0
    package var questions: [DNSQuestion] = []
    package var answers: [DNSRecord] = []
    package var additional: [DNSRecord] = []

    package init(
        id: UInt16 = 0,
        isResponse: Bool = false,
        isAuthoritative: Bool = false,
        isTruncated: Bool = false,
        wantsRecursion: Bool = false,
        questions: [DNSQuestion] = [],
        answers: [DNSRecord] = [],
        additional: [DNSRecord] = []
    ) {
        self.id = id
        self.isResponse = isResponse
        self.isAuthoritative = isAuthoritative
        self.isTruncated = isTruncated
        self.wantsRecursion = wantsRecursion
        self.questions = questions
        self.answers = answers
        self.additional = additional
    }
}
