/// The state of one open stream.
///
/// For the receive side, `receiveWindow` + bytes in flight + `unread` + `owed` is always `window`,
/// which has a bound, so none of these sums can overflow.
struct YamuxStream {
    private let id: YamuxStreamID
    private(set) var pending = PendingBytes()
    private var sendWindow = YamuxLimits.initialWindow
    private(set) var receiveWindow = YamuxLimits.initialWindow
    /// What the sender may have on its way; it grows for senders of much.
    private(set) var window = YamuxLimits.initialWindow
    /// Bytes read since the window last grew.
    private var progress: UInt32 = 0
    private var unread: UInt32 = 0
    private var owed: UInt32 = 0
    private(set) var isClosing = false
    private var hasSentFIN = false
    private(set) var isRemoteClosed = false
    var isAcknowledged: Bool

    init(id: YamuxStreamID, isAcknowledged: Bool) {
        self.id = id
        self.isAcknowledged = isAcknowledged
    }

    /// Whether both directions are finished.
    var isFinished: Bool { self.hasSentFIN && self.isRemoteClosed }

    // MARK: Sending

    /// Takes bytes; all three report by how much the bytes that wait for window changed.
    mutating func send(_ data: [UInt8], to output: inout [UInt8]) -> Int {
        guard !self.isClosing, !data.isEmpty else { return 0 }
        self.pending.append(data)
        return data.count + self.flush(to: &output)
    }

    mutating func close(_ output: inout [UInt8]) -> Int {
        self.isClosing = true
        return self.flush(to: &output)
    }

    /// Adds window of the peer; false when the sum overflows.
    mutating func addCredit(_ count: UInt32) -> Bool {
        let (sum, overflow) = self.sendWindow.addingReportingOverflow(count)
        self.sendWindow = sum
        return !overflow
    }

    /// Frames what the window allows; FIN follows the last byte.
    ///
    /// FIN goes in a data frame: py-libp2p looks for it nowhere else.
    mutating func flush(to output: inout [UInt8]) -> Int {
        let before = self.pending.count
        // One allocation for what goes out alone; behind others the output grows in large steps anyway.
        let due = min(before, Int(self.sendWindow))
        let frames = due / YamuxLimits.sentFramePayload + 2
        if output.isEmpty { output.reserveCapacity(due + frames * YamuxHeader.size) }
        while self.pending.count > 0, self.sendWindow > 0 {
            let count = min(
                self.pending.count,
                Int(self.sendWindow),
                YamuxLimits.sentFramePayload
            )
            let header = YamuxHeader(.data, [], stream: self.id, length: UInt32(count))
            header.append(to: &output)
            self.pending.move(count, to: &output)
            self.sendWindow -= UInt32(count)
        }
        if self.isClosing, !self.hasSentFIN, self.pending.count == 0 {
            self.hasSentFIN = true
            YamuxHeader(.data, .fin, stream: self.id).append(to: &output)
        }
        return self.pending.count - before
    }

    // MARK: Receiving

    /// Takes the window that a data frame uses.
    mutating func charge(_ count: UInt32) throws(YamuxError) {
        guard count == 0 || !self.isRemoteClosed else { throw .dataAfterClose(self.id) }
        guard count <= self.receiveWindow else { throw .windowExceeded(self.id) }
        self.receiveWindow -= count
    }

    /// Counts payload bytes that went to the reader.
    mutating func deliver(_ count: UInt32) { self.unread += count }

    /// Counts bytes the reader took, and gives window back once half of it is used.
    ///
    /// The window doubles, as far as `spare` allows, for a sender that filled it several times: only
    /// such a sender is slowed by a window that is smaller than what fits on the way.
    mutating func consumed(_ count: Int, spare: inout UInt32, output: inout [UInt8]) {
        let taken = UInt32(clamping: min(max(count, 0), Int(self.unread)))
        self.unread -= taken
        self.owed += taken
        self.progress = min(self.progress + taken, YamuxLimits.maximumWindow * 4)
        guard !self.isRemoteClosed, self.owed >= self.window / 2 else { return }
        if self.progress >= self.window * YamuxLimits.windowsBeforeGrowth {
            let growth = min(self.window, YamuxLimits.maximumWindow - self.window, spare)
            spare -= growth
            self.window += growth
            self.owed += growth
            self.progress = 0
        }
        let update = YamuxHeader(.windowUpdate, [], stream: self.id, length: self.owed)
        update.append(to: &output)
        self.receiveWindow += self.owed
        self.owed = 0
    }

    /// Notes the peer's FIN; false when it came before.
    mutating func closeRemote() -> Bool {
        defer { self.isRemoteClosed = true }
        return !self.isRemoteClosed
    }
}
