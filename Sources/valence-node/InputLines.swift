import Glibc
import NIOPosix

/// Standard input line by line; it is read no faster than lines are taken.
struct InputLines {
    enum Line: Equatable {
        case text([UInt8])
        /// More bytes than a line may have; they are gone.
        case tooLong
    }

    private static let pieceBytes = 65_536

    private let bytesMax: Int
    private let threads = NIOThreadPool(numberOfThreads: 1)
    private var rest: ArraySlice<UInt8> = []
    private var line: [UInt8] = []
    private var isTooLong = false
    private var isOver = false

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
        self.threads.start()
    }

    /// The next line without its end, unless it is empty; nil at the end of input.
    mutating func next() async -> Line? {
        while true {
            if let end = self.rest.firstIndex(of: 0x0a) {
                self.keep(self.rest[..<end])
                self.rest = self.rest[(end + 1)...]
                if let line = self.taken() { return line }
                continue
            }
            self.keep(self.rest)
            self.rest = []
            guard !self.isOver else { return nil }
            let piece = await self.piece()
            self.rest = piece[...]
            if piece.isEmpty {
                self.isOver = true
                if let line = self.taken() { return line }
            }
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard !self.isTooLong else { return }
        if self.line.count + bytes.count > self.bytesMax {
            self.isTooLong = true
            self.line = []
        } else {
            self.line += bytes
        }
    }

    private mutating func taken() -> Line? {
        defer {
            self.line = []
            self.isTooLong = false
        }
        if self.isTooLong { return .tooLong }
        return self.line.allSatisfy { [0x20, 0x09, 0x0d].contains($0) } ? nil : .text(self.line)
    }

    /// What is there now; empty at the end of input.
    private func piece() async -> [UInt8] {
        let piece = try? await self.threads.runIfActive {
            var bytes = [UInt8](repeating: 0, count: Self.pieceBytes)
            var count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
            while count < 0, errno == EINTR {
                count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
            }
            return Array(bytes.prefix(max(0, count)))
        }
        return piece ?? []
    }
}
