extension DNSMessage {
    /// The message on the wire, without compression; an EDNS record (RFC 6891) may say that answers
    /// of ``DNSLimits/udpPayloadBytes`` can be read.
    package func encoded(offersLargerAnswers: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var flags = UInt16(self.responseCode & 0x0f)
        if self.isResponse { flags |= 0x8000 }
        if self.isAuthoritative { flags |= 0x0400 }
        if self.isTruncated { flags |= 0x0200 }
        if self.wantsRecursion { flags |= 0x0100 }
        let counts = [
            self.questions.count, self.answers.count, 0,
            self.additional.count + (offersLargerAnswers ? 1 : 0),
        ]
        for number in [self.id, flags] + counts.map(UInt16.init(clamping:)) {
            Self.append(number, to: &bytes)
        }
        for question in self.questions {
            Self.append(question.name, to: &bytes)
            Self.append(question.type, to: &bytes)
            Self.append(question.wantsUnicast ? 0x8001 : 1, to: &bytes)
        }
        for record in self.answers + self.additional { Self.append(record, to: &bytes) }
        if offersLargerAnswers {
            Self.append(DNSName.root, to: &bytes)
            Self.append(DNSType.options, to: &bytes)
            Self.append(DNSLimits.udpPayloadBytes, to: &bytes)
            bytes += [0, 0, 0, 0, 0, 0]
        }
        return bytes
    }

    private static func append(_ number: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(number >> 8))
        bytes.append(UInt8(number & 0xff))
    }

    private static func append(_ name: DNSName, to bytes: inout [UInt8]) {
        for label in name.labels {
            bytes.append(UInt8(label.count))
            bytes += label
        }
        bytes.append(0)
    }

    private static func append(_ record: DNSRecord, to bytes: inout [UInt8]) {
        var content: [UInt8] = []
        let type: UInt16
        switch record.content {
        case .pointer(let target):
            type = DNSType.pointer
            self.append(target, to: &content)
        case .text(let strings):
            type = DNSType.text
            for string in strings {
                content.append(UInt8(min(string.count, DNSLimits.textBytesMax)))
                content += string.prefix(DNSLimits.textBytesMax)
            }
        case .other(let number): type = number
        }
        self.append(record.name, to: &bytes)
        self.append(type, to: &bytes)
        self.append(record.isUnique ? 0x8001 : 1, to: &bytes)
        self.append(UInt16(record.lifeSeconds >> 16), to: &bytes)
        self.append(UInt16(record.lifeSeconds & 0xffff), to: &bytes)
        self.append(UInt16(clamping: content.count), to: &bytes)
        bytes += content
    }
}
