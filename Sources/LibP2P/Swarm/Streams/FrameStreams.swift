import Yamux

/// The stream on which this host's frames go out, and the one on which the peer's come in.
///
/// The reader of a peer's frames is told of the peer once frames can be sent to it. Both sides open
/// their streams at the same time, so the first frame, with what the peer subscribes to, may come
/// before that: it is kept until this side's stream is settled.
struct FrameStreams {
    /// Where frames go out; kept when it fails, so that it is not offered for ever.
    private(set) var outbound: YamuxStreamID?
    /// Where frames come in; a new one takes its place.
    private(set) var inbound: YamuxStreamID?
    /// Bytes of the largest frame that the present ``outbound`` has carried.
    private(set) var largest = 0
    /// What came too early; nil once this side's stream is settled.
    private var early: [[UInt8]]? = []
    private var earlyBytes = 0

    /// Whether this side's stream is there, or will not be.
    var isSettled: Bool { self.early == nil }

    // MARK: Out

    /// Offers a stream; nil when none could be opened.
    mutating func offer(_ id: YamuxStreamID?) {
        self.outbound = id
        self.largest = 0
    }

    /// Gives the stream up.
    mutating func release() { self.outbound = nil }

    /// Notes a frame of so many bytes.
    mutating func sent(_ count: Int) { self.largest = max(self.largest, count) }

    // MARK: In

    /// Takes a new stream of the peer.
    ///
    /// - Returns: the one that it replaces.
    mutating func accept(_ id: YamuxStreamID) -> YamuxStreamID? {
        defer { self.inbound = id }
        return self.inbound
    }

    /// A stream is over.
    mutating func ended(_ id: YamuxStreamID) { if id == self.inbound { self.inbound = nil } }

    /// Keeps frames that came too early.
    ///
    /// - Throws: ``FramingError/crowded`` beyond ``SwarmLimits/earlyFrameBytesMax``.
    mutating func keep(_ frames: [[UInt8]]) throws(FramingError) {
        for frame in frames {
            // An empty frame takes room as well.
            self.earlyBytes += frame.count + 1
            guard self.earlyBytes <= SwarmLimits.earlyFrameBytesMax else { throw .crowded }
            self.early?.append(frame)
        }
    }

    /// This side's stream is there, or will not be.
    ///
    /// - Returns: what was kept until now.
    mutating func settle() -> [[UInt8]] {
        defer { self.early = nil }
        return self.early ?? []
    }
}
