/// Frames that a peer sent before frames could be sent to it.
struct EarlyFrames {
    private(set) var frames: [[UInt8]] = []
    private var byteCount = 0

    mutating func append(_ frame: [UInt8]) throws(FramingError) {
        // An empty frame takes room as well.
        self.byteCount += frame.count + 1
        guard self.byteCount <= SwarmLimits.earlyFrameBytesMax else { throw .crowded }
        self.frames.append(frame)
    }
}

// Whoever reads the frames of a peer knows the peer once it can be sent some. Both sides open their
// streams at the same time, so the first frame, with what the peer subscribes to, may come before.
extension ConnectionHandler {
    /// Passes frames on, or keeps them until this side's stream is settled.
    func take(_ frames: [[UInt8]]) throws(FramingError) {
        if self.earlyFrames != nil, self.swarm.isPrimary(self.connection) {
            for frame in frames { try self.earlyFrames?.append(frame) }
        } else {
            self.pass(frames)
        }
    }

    /// This side's stream for frames is there, or will not be.
    func releaseEarlyFrames() {
        guard let early = self.earlyFrames else { return }
        self.earlyFrames = nil
        self.pass(early.frames)
    }

    private func pass(_ frames: [[UInt8]]) {
        guard let peer = self.connection?.peer else { return }
        for frame in frames { self.swarm.delegate.received(frame: frame, from: peer) }
    }
}
