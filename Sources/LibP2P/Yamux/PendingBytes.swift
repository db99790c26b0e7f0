/// Bytes that wait for the peer's window, in order.
///
/// Large pieces are kept as they came: a message for many slow peers is in memory once.
struct PendingBytes {
    private var pieces: [[UInt8]] = []
    /// The first piece that is not gone, and how much of it is.
    private var first = 0
    private var head = 0
    private(set) var count = 0

    mutating func append(_ data: [UInt8]) {
        guard !data.isEmpty else { return }
        self.count += data.count
        // A piece costs memory beyond its bytes, so small ones are put together.
        if let last = self.pieces.last, last.count + data.count <= YamuxLimits.pieceBytes {
            self.pieces[self.pieces.count - 1] += data
        } else {
            self.pieces.append(data)
        }
    }

    /// Moves the first `count` bytes, of which there are that many, to the output.
    mutating func move(_ count: Int, to output: inout [UInt8]) {
        self.count -= count
        var missing = count
        while missing > 0 {
            let piece = self.pieces[self.first]
            let taken = min(missing, piece.count - self.head)
            output += piece[self.head..<self.head + taken]
            self.head += taken
            missing -= taken
            if self.head == piece.count {
                self.pieces[self.first] = []
                self.first += 1
                self.head = 0
            }
        }
        // Empty places go once they are the larger part, so each piece moves once on average.
        if self.first > self.pieces.count / 2 {
            self.pieces.removeFirst(self.first)
            self.first = 0
        }
    }
}
