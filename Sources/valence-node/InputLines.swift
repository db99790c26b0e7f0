import Glibc
import NIOPosix

/// A file or standard input line by line; it is read no faster than lines are taken.
struct InputLines {
    enum Line: Equatable {
        case text([UInt8])
        /// More bytes than a line may have; they are gone.
        case tooLong
    }

    private static let pieceBytes = 65_536

    /// The number of the line that was taken last; empty lines count.
    private(set) var number = 0
    /// Why the end came, if it was no end.
    private(set) var failure: String?
    private let descriptor: Int32
    private let bytesMax: Int
    private let threads = NIOThreadPool(numberOfThreads: 1)
    private var rest: ArraySlice<UInt8> = []
    private var line: [UInt8] = []
    private var isTooLong = false
    private var isOver = false

    init(_ descriptor: Int32 = STDIN_FILENO, bytesMax: Int) {
        self.descriptor = descriptor
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
            if case .failure(let error) = piece { self.failure = error.text }
            self.rest = ((try? piece.get()) ?? [])[...]
            if self.rest.isEmpty {
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
        self.number += 1
        if self.isTooLong { return .tooLong }
        return self.line.allSatisfy { [0x20, 0x09, 0x0d].contains($0) } ? nil : .text(self.line)
    }

    /// Why nothing could be read.
    private struct ReadingError: Error {
        let text: String
    }

    /// What is there now; empty at the end of input.
    private func piece() async -> Result<[UInt8], ReadingError> {
        let piece = try? await self.threads.runIfActive {
            [descriptor] () -> Result<[UInt8], ReadingError> in
            var bytes = [UInt8](repeating: 0, count: Self.pieceBytes)
            var count = Glibc.read(descriptor, &bytes, bytes.count)
            while count < 0, errno == EINTR {
                count = Glibc.read(descriptor, &bytes, bytes.count)
            }
            guard count >= 0 else {
                return .failure(ReadingError(text: String(cString: strerror(errno))))
            }
            return .success(Array(bytes.prefix(count)))
        }
        return piece ?? .success([])
    }
}
