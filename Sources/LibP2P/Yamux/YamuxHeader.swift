/// The types of frames: yamux specification, "Type Field".
enum YamuxFrameType: UInt8 {
    case data = 0
    case windowUpdate = 1
    case ping = 2
    case goAway = 3
}

/// The flags of frames: yamux specification, "Flag Field"; bits it does not name are ignored.
struct YamuxFlags: OptionSet {
    let rawValue: UInt16

    static let syn = YamuxFlags(rawValue: 1)
    static let ack = YamuxFlags(rawValue: 2)
    static let fin = YamuxFlags(rawValue: 4)
    static let rst = YamuxFlags(rawValue: 8)
}

/// The twelve bytes in front of every frame, all numbers big-endian.
struct YamuxHeader {
    static let size = 12

    let type: YamuxFrameType
    let flags: YamuxFlags
    let stream: YamuxStreamID
    /// Payload bytes, window bytes, ping value or go-away code, by type.
    let length: UInt32

    init(
        _ type: YamuxFrameType,
        _ flags: YamuxFlags,
        stream: YamuxStreamID = YamuxStreamID(rawValue: 0),
        length: UInt32 = 0
    ) {
        self.type = type
        self.flags = flags
        self.stream = stream
        self.length = length
    }

    /// Reads exactly twelve bytes.
    init(_ bytes: [UInt8]) throws(YamuxError) {
        func number(_ range: Range<Int>) -> UInt32 {
            bytes[range].reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard bytes[0] == 0 else { throw .version(bytes[0]) }
        guard let type = YamuxFrameType(rawValue: bytes[1]) else { throw .frameType(bytes[1]) }
        self.type = type
        self.flags = YamuxFlags(rawValue: UInt16(truncatingIfNeeded: number(2..<4)))
        self.stream = YamuxStreamID(rawValue: number(4..<8))
        self.length = number(8..<12)
        let isForSession = type == .ping || type == .goAway
        guard isForSession == (self.stream.rawValue == 0) else {
            throw .sessionStream(self.stream)
        }
        if type == .data, self.length > YamuxLimits.maximumFramePayload {
            throw .frameLength(self.length)
        }
    }

    func append(to output: inout [UInt8]) {
        let start = UInt32(self.type.rawValue) << 16 | UInt32(self.flags.rawValue)
        for number in [start, self.stream.rawValue, self.length] {
            withUnsafeBytes(of: number.bigEndian) { output += $0 }
        }
    }
}
