/// A question to a time server, and what makes an answer to it (RFC 4330, RFC 5905).
struct TimeQuestion {
    /// What an answer says.
    enum Answer: Equatable {
        /// How far the own clock is ahead, in milliseconds.
        case ahead(Int64)
        /// The server says why it does not answer: a kiss of death of four letters.
        case refused(code: String)
        /// It is an answer, from which the time does not follow.
        case useless(because: String)
    }

    /// Stands where the own time would be: the server sends it back, and nobody else knows it.
    ///
    /// It also keeps to itself what this machine takes for the time.
    private let nonce: [UInt8]
    /// The own time at the question, in Unix milliseconds.
    private let askedAt: Int64

    init(nonce: UInt64, askedAt: Int64) {
        // A zero would say that there is no time.
        self.nonce = withUnsafeBytes(of: max(1, nonce).bigEndian) { Array($0) }
        self.askedAt = askedAt
    }

    /// The question on the wire: version 4, mode 3, nothing else but the nonce.
    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: TimeLimits.packetBytes)
        bytes[0] = 4 << 3 | 3
        bytes.replaceSubrange(40..<48, with: self.nonce)
        return bytes
    }

    /// Reads a packet; nil when it does not answer this question, so that waiting goes on.
    func read(_ packet: [UInt8], receivedAt: Int64) -> Answer? {
        guard packet.count >= TimeLimits.packetBytes, packet[0] & 7 == 4,
            (3...4).contains(packet[0] >> 3 & 7), Array(packet[24..<32]) == self.nonce
        else { return nil }
        switch packet[1] {
        case 0: return .refused(code: String(decoding: packet[12..<16], as: UTF8.self))
        case 1...15: break
        default: return .useless(because: "it does not know the time")
        }
        guard packet[0] >> 6 != 3 else { return .useless(because: "its clock is not set") }
        guard let received = Self.time(packet[32..<40]), let sent = Self.time(packet[40..<48])
        else {
            return .useless(because: "it names no time")
        }
        return self.compare(received: received, sent: sent, receivedAt: receivedAt)
    }

    /// Half of what the way took each time lies on either side of the answer.
    private func compare(received: Int64, sent: Int64, receivedAt: Int64) -> Answer {
        let delay = (receivedAt - self.askedAt) - (sent - received)
        let longest = TimeLimits.timeoutMilliseconds
        // The own clock counts milliseconds, so that a short way may seem to take none.
        guard sent >= received, (-1...longest).contains(delay) else {
            return .useless(because: "its times do not fit together")
        }
        return .ahead(((self.askedAt - received) + (receivedAt - sent)) / 2)
    }

    /// A time of the wire in Unix milliseconds; nil when it is not set.
    private static func time(_ field: ArraySlice<UInt8>) -> Int64? {
        let number = field.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard number != 0 else { return nil }
        let seconds = Int64(number >> 32)
        let milliseconds = Int64(((number & 0xffff_ffff) * 1_000) >> 32)
        // The first bit tells the years before 2036 from those after (RFC 4330, section 3).
        let era = seconds >= TimeLimits.eraSeconds / 2 ? 0 : TimeLimits.eraSeconds
        return (seconds + era - TimeLimits.epochSeconds) * 1_000 + milliseconds
    }
}
