/// What time servers send, written by a hand of its own.
enum TimePacket {
    /// An answer of stratum 2 to a question; times in Unix milliseconds.
    static func answer(to question: [UInt8], received: Int64, sent: Int64) -> [UInt8] {
        var packet = [UInt8](repeating: 0, count: 48)
        packet[0] = 0b00_100_100
        packet[1] = 2
        packet.replaceSubrange(24..<32, with: question[40..<48])
        packet.replaceSubrange(32..<40, with: Self.field(received))
        packet.replaceSubrange(40..<48, with: Self.field(sent))
        return packet
    }

    private static func field(_ milliseconds: Int64) -> [UInt8] {
        // Seconds since 1900 that begin anew after 2^32; the fraction is rounded up, so that it reads back.
        let seconds = UInt32(truncatingIfNeeded: milliseconds / 1_000 + 2_208_988_800)
        let fraction = (UInt64(milliseconds % 1_000) << 32 + 999) / 1_000
        let number = UInt64(seconds) << 32 | fraction
        return withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
