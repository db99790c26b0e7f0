import Glibc

/// What a child says on its standard error, and what the node says of it: a file that stays small.
///
/// When it is full it takes the place of the one before, so that the newest is always there.
struct ChildLog {
    private let path: String
    private var descriptor: Int32 = -1
    private var size = 0

    init(path: String) {
        self.path = path
        self.open()
    }

    private mutating func open() {
        self.descriptor = Glibc.open(self.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        self.size = self.descriptor < 0 ? 0 : max(0, Int(lseek(self.descriptor, 0, SEEK_END)))
    }

    /// Appends; a disk that takes nothing is no reason to stop the child.
    mutating func append(_ bytes: some Collection<UInt8>) {
        if self.size + bytes.count > ChildLimits.logBytesMax {
            self.close()
            rename(self.path, "\(self.path).1")
            self.open()
        }
        guard self.descriptor >= 0 else { return }
        let piece = Array(bytes.prefix(ChildLimits.logBytesMax))
        let written = piece.withUnsafeBytes { write(self.descriptor, $0.baseAddress, $0.count) }
        self.size += max(0, written)
    }

    mutating func close() {
        if self.descriptor >= 0 { Glibc.close(self.descriptor) }
        self.descriptor = -1
    }
}
