import Dispatch
public import Primitives
import Synchronization

/// Artefacts as files: `<data directory>/blobs/<hash>`, adopted ones also in `adopted/<hash>`.
///
/// A file is written under a name of our own, checked, made durable and read-only, and only then
/// renamed to its hash; a crash leaves either the whole artefact or none. File names are hashes
/// and counters; nothing from outside ever becomes part of a path. One queue does all the writing.
public final class BlobDirectory: BlobDevice {
    private struct State: Sendable {
        var sizes: [ContentHash: Int] = [:]
        var report: (@Sendable (BlobReport) -> Bool)?
        var session: UInt64 = 0
    }

    private static let retryPause = DispatchTimeInterval.milliseconds(100)

    private let blobs: String
    private let adopted: String
    private let parts: String
    private let writable: @Sendable (String) -> UInt64?
    private let queue = DispatchQueue(label: "valence.blobs")
    private let state = Mutex(State())
    /// Faults of chunks, by task; touched on the queue only.
    private let faults = Mutex<[UInt64: BlobError]>([:])

    /// Opens or creates the folders; parts of an earlier run are removed.
    ///
    /// - Parameters:
    ///   - dataDirectory: absolute path; made if it does not exist.
    ///   - writable: bytes that may still be written on the disk of a folder; nil when unknown. The
    ///     node gives the rule of its log, so that both leave the same reserve.
    /// - Throws: ``BlobError`` when a folder cannot be made or read.
    public init(
        dataDirectory: String,
        writable: @escaping @Sendable (String) -> UInt64?
    ) throws(BlobError) {
        self.writable = writable
        self.blobs = "\(dataDirectory)/blobs"
        self.adopted = "\(dataDirectory)/adopted"
        self.parts = "\(dataDirectory)/blobs/parts"
        for folder in [dataDirectory, self.blobs, self.adopted, self.parts] {
            try BlobFiles.makeDirectory(folder)
        }
        for name in try BlobFiles.names(in: self.parts) {
            BlobFiles.remove("\(self.parts)/\(name)")
        }
        var sizes: [ContentHash: Int] = [:]
        for name in try BlobFiles.names(in: self.blobs) {
            guard let hash = ContentHash(hex: name) else { continue }
            sizes[hash] = BlobFiles.size("\(self.blobs)/\(name)")
        }
        self.state.withLock { $0.sizes = sizes }
        try BlobFiles.syncDirectory(dataDirectory)
    }

    // MARK: - BlobDevice

    /// Takes the knock of this session.
    public func connect(_ report: @escaping @Sendable (BlobReport) -> Bool) {
        self.state.withLock {
            $0.session += 1
            $0.report = report
        }
        self.queue.sync {
            self.faults.withLock { $0 = [:] }
            for name in (try? BlobFiles.names(in: self.parts)) ?? [] {
                BlobFiles.remove("\(self.parts)/\(name)")
            }
        }
    }

    /// How many there are.
    public var count: Int { self.state.withLock { $0.sizes.count } }

    /// Bytes of a stored artefact; nil when it is not here.
    public func size(of hash: ContentHash) -> Int? {
        self.state.withLock { $0.sizes[hash] }
    }

    /// A piece of a stored artefact.
    public func read(_ hash: ContentHash, offset: Int, count: Int) -> [UInt8]? {
        guard let size = self.size(of: hash), offset >= 0, count >= 0, offset <= size else {
            return nil
        }
        return BlobFiles.read(self.path(of: hash), offset: offset, count: min(count, size - offset))
    }

    /// Where an artefact is stored.
    public func path(of hash: ContentHash) -> String { "\(self.blobs)/\(hash.hex)" }

    /// Stores a whole artefact.
    public func store(_ bytes: [UInt8], as hash: ContentHash, adopt: Bool, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            let found = ContentHash(SHA256Digest.hash(bytes))
            guard found == hash else { throw .wrongHash(expected: hash, found: found) }
            if directory.size(of: hash) == nil {
                try directory.makeRoom(for: bytes.count)
                try BlobFiles.append(bytes, to: directory.partPath(task))
            }
            return try directory.publish(hash, size: bytes.count, adopt: adopt, task: task)
        }
    }

    /// Adds a piece to a fetch under way.
    public func append(_ chunk: [UInt8], task: UInt64) {
        self.queue.async { [weak self] in
            guard let self, self.faults.withLock({ $0[task] == nil }) else { return }
            do throws(BlobError) {
                try self.makeRoom(for: chunk.count)
                try BlobFiles.append(chunk, to: self.partPath(task))
            } catch {
                self.faults.withLock { $0[task] = error }
            }
        }
    }

    /// Checks what was appended and stores it under its hash.
    public func finish(_ hash: ContentHash, size: Int, adopt: Bool, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            if let fault = directory.faults.withLock({ $0.removeValue(forKey: task) }) {
                throw fault
            }
            let (found, foundHash) = try BlobFiles.measure(directory.partPath(task))
            guard found == size else { throw .wrongSize(expected: size, found: found) }
            guard foundHash == hash else { throw .wrongHash(expected: hash, found: foundHash) }
            return try directory.publish(hash, size: size, adopt: adopt, task: task)
        }
    }

    /// Throws away what was appended.
    public func discard(task: UInt64) {
        self.queue.async { [weak self] in
            guard let self else { return }
            self.faults.withLock { $0[task] = nil }
            BlobFiles.remove(self.partPath(task))
        }
    }

    /// Copies a stored artefact to the adopted folder.
    public func adopt(_ hash: ContentHash, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            guard let size = directory.size(of: hash) else { throw .unknown(hash) }
            return try directory.publish(hash, size: size, adopt: true, task: task)
        }
    }

    // MARK: - On the queue

    private func perform(
        _ task: UInt64,
        _ work: @escaping @Sendable (BlobDirectory) throws(BlobError) -> StoredBlob
    ) {
        let session = self.state.withLock { $0.session }
        self.queue.async { [weak self] in
            guard let self else { return }
            let outcome: Result<StoredBlob, BlobError>
            do throws(BlobError) {
                outcome = .success(try work(self))
            } catch {
                BlobFiles.remove(self.partPath(task))
                outcome = .failure(error)
            }
            self.deliver(BlobReport(task: task, outcome: outcome), session: session)
        }
    }

    /// Gives the checked part its name, unless the artefact is there already.
    private func publish(
        _ hash: ContentHash,
        size: Int,
        adopt: Bool,
        task: UInt64
    ) throws(BlobError) -> StoredBlob {
        let part = self.partPath(task)
        if self.size(of: hash) == nil {
            try BlobFiles.seal(part)
            try BlobFiles.move(part, to: self.path(of: hash))
            try BlobFiles.syncDirectory(self.blobs)
            self.state.withLock { $0.sizes[hash] = size }
        } else {
            BlobFiles.remove(part)
        }
        let path = adopt ? try self.adoptedFile(hash, task: task) : self.path(of: hash)
        return StoredBlob(hash: hash, size: size, path: path)
    }

    /// An adopted file is a second link to the artefact, or a copy where links do not work.
    private func adoptedFile(_ hash: ContentHash, task: UInt64) throws(BlobError) -> String {
        let source = self.path(of: hash)
        let target = "\(self.adopted)/\(hash.hex)"
        let (size, found) = try BlobFiles.measure(source)
        guard found == hash else {
            self.forget(hash)
            throw .wrongHash(expected: hash, found: found)
        }
        // What stands under the name already may have been changed since.
        let isThere = BlobFiles.size(target) != nil
        if isThere, try BlobFiles.measure(target).hash != hash { BlobFiles.remove(target) }
        if try !BlobFiles.link(source, at: target) {
            let part = self.partPath(task)
            for offset in stride(from: 0, to: size, by: StorageMarketLimits.chunkBytesMax) {
                guard
                    let chunk = self.read(
                        hash,
                        offset: offset,
                        count: StorageMarketLimits.chunkBytesMax
                    )
                else { throw .unknown(hash) }
                try BlobFiles.append(chunk, to: part)
            }
            try BlobFiles.seal(part)
            try BlobFiles.move(part, to: target)
        }
        try BlobFiles.syncDirectory(self.adopted)
        return target
    }

    /// A damaged artefact gives way, so that it can be fetched again.
    private func forget(_ hash: ContentHash) {
        BlobFiles.remove(self.path(of: hash))
        self.state.withLock { $0.sizes[hash] = nil }
    }

    private func makeRoom(for bytes: Int) throws(BlobError) {
        guard let writable = self.writable(self.blobs) else { return }
        guard writable >= UInt64(clamping: bytes) else { throw .noRoom(bytes: bytes) }
    }

    private func partPath(_ task: UInt64) -> String { "\(self.parts)/\(task)" }

    /// A report that finds the mailbox full is tried again, until another session begins.
    private func deliver(_ report: BlobReport, session: UInt64) {
        let receiver = self.state.withLock { $0.session == session ? $0.report : nil }
        guard let receiver, !receiver(report) else { return }
        self.queue.asyncAfter(deadline: .now() + Self.retryPause) { [weak self] in
            self?.deliver(report, session: session)
        }
    }
}
