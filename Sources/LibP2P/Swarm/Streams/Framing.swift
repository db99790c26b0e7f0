import Multiformats

/// Why a stream is reset.
enum FramingError: Error {
    case length
    case unsolicited
    case unread
    case crowded
}

/// One document with a 4-byte big-endian length in front of it, and nothing behind it.
///
/// A class, so that the buffer grows in place wherever the reader is kept.
final class ExchangeReader {
    private var buffer: [UInt8] = []
    private let limit: Int
    private let share: ByteBudget.Share

    init(
        limit: Int = SwarmLimits.exchangeBytesMax,
        _ budget: ByteBudget = ByteBudget(limit: .max)
    ) {
        self.limit = limit
        self.share = ByteBudget.Share(of: budget)
    }

    /// Takes bytes in; the document once it is whole.
    func receive(_ bytes: [UInt8]) throws(FramingError) -> [UInt8]? {
        self.buffer += bytes
        guard self.buffer.count >= 4 else { return nil }
        let length = self.buffer.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard length > 0, length <= self.limit else { throw .length }
        guard self.buffer.count <= 4 + length else { throw .unsolicited }
        guard self.buffer.count == 4 + length else {
            try self.share.resize(to: self.buffer.count)
            return nil
        }
        return Array(self.buffer.dropFirst(4))
    }

    static func frame(_ document: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(clamping: document.count).bigEndian, Array.init) + document
    }
}

/// Frames with a varint length.
///
/// A class, so that the buffer grows in place wherever the reader is kept.
final class FrameReader {
    private var buffer: [UInt8] = []
    private let limit: Int
    private let share: ByteBudget.Share

    init(limit: Int, _ budget: ByteBudget) {
        self.limit = limit
        self.share = ByteBudget.Share(of: budget)
    }

    /// Whether no frame has begun.
    var isAtStart: Bool { self.buffer.isEmpty }

    /// Takes bytes in; the frames that are whole.
    func receive(_ bytes: [UInt8]) throws(FramingError) -> [[UInt8]] {
        self.buffer += bytes
        var frames: [[UInt8]] = []
        var start = 0
        while let (length, prefix) = try self.length(at: start) {
            guard self.buffer.count - start - prefix >= length else { break }
            frames.append(Array(self.buffer[start + prefix..<start + prefix + length]))
            start += prefix + length
        }
        self.buffer.removeFirst(start)
        try self.share.resize(to: self.buffer.count)
        return frames
    }

    /// Takes bytes in; the first frame once it is whole, and what came behind it.
    func receiveFirst(_ bytes: [UInt8]) throws(FramingError) -> (frame: [UInt8], rest: [UInt8])? {
        self.buffer += bytes
        try self.share.resize(to: self.buffer.count)
        guard let (length, prefix) = try self.length(at: 0),
            self.buffer.count - prefix >= length
        else { return nil }
        let frame = Array(self.buffer[prefix..<prefix + length])
        return (frame, Array(self.buffer[(prefix + length)...]))
    }

    private func length(at start: Int) throws(FramingError) -> (Int, Int)? {
        let decoded: (value: UInt64, length: Int)?
        do {
            decoded = try Varint.decode(self.buffer[start...])
        } catch {
            throw .length
        }
        guard let (value, length) = decoded else { return nil }
        guard value <= UInt64(self.limit) else { throw .length }
        return (Int(value), length)
    }
}
