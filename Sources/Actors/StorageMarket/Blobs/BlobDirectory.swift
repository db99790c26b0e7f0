import Dispatch
public import Messages
public import Primitives
import Synchronization

/// Artefacts as files: `<data directory>/blobs/<hash>`, adopted ones also in `adopted/<hash>`.
///
/// A file is written under a name of our own, checked, made durable and read-only, and only then
/// renamed to its hash; a crash leaves either the whole artefact or none, or pieces that are known as
/// such (``BlobPartials``). File names are hashes and counters; nothing from outside ever becomes part
/// of a path. One queue does all the writing, another one reads and proves what peers ask for.
public final class BlobDirectory: BlobDevice {
    private struct State: Sendable {
        var sizes: [ContentHash: Int] = [:]
        var report: (@Sendable (BlobReport) -> Bool)?
        var session: UInt64 = 0
        var lastUpload: UInt64 = 0
    }

    private static let retryPause = DispatchTimeInterval.milliseconds(100)

    private let blobs: String
    private let adopted: String
    private let parts: String
    private let partials: BlobPartials
    private let writable: @Sendable (String) -> UInt64?
    private let queue = DispatchQueue(label: "valence.blobs")
    private let readers = DispatchQueue(label: "valence.blobs.pieces")
    private let state = Mutex(State())

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
        self.partials = try BlobPartials("\(dataDirectory)/blobs/partial")
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

    /// Begins a session with its callback; what is under way from an earlier one is not reported.
    public func connect(_ report: @escaping @Sendable (BlobReport) -> Bool) -> BlobInventory {
        self.state.withLock {
            $0.session += 1
            $0.report = report
        }
        let partial = self.queue.sync {
            for name in (try? BlobFiles.names(in: self.parts)) ?? [] {
                BlobFiles.remove("\(self.parts)/\(name)")
            }
            return (try? self.partials.inventory()) ?? [:]
        }
        // What an earlier session had begun is done by now.
        let held = self.state.withLock { $0.sizes }
        var since: [ContentHash: Timestamp] = [:]
        for hash in held.keys { since[hash] = BlobFiles.writtenAt(self.path(of: hash)) }
        return BlobInventory(held: held, since: since, partial: partial)
    }

    /// Bytes of a stored artefact; nil when it is not here.
    func size(of hash: ContentHash) -> Int? {
        self.state.withLock { $0.sizes[hash] }
    }

    /// A piece of a stored artefact.
    public func read(_ hash: ContentHash, offset: Int, count: Int, task: UInt64) {
        self.perform(task, on: self.readers) { directory throws(BlobError) in
            .piece(try directory.piece(hash, offset: offset, count: count))
        }
    }

    private func piece(_ hash: ContentHash, offset: Int, count: Int) throws(BlobError) -> [UInt8] {
        guard let size = self.size(of: hash), (0...size).contains(offset), count >= 0 else {
            throw .unknown(hash)
        }
        let count = min(count, size - offset)
        return try BlobFiles.read(self.path(of: hash), offset: offset, count: count)
    }

    private func path(of hash: ContentHash) -> String { "\(self.blobs)/\(hash.hex)" }

    /// Stores a whole artefact.
    public func store(_ bytes: [UInt8], as hash: ContentHash, adopt: Bool, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            let found = ContentHash(SHA256Digest.hash(bytes))
            guard found == hash else { throw .wrongHash(expected: hash, found: found) }
            try directory.makeRoom(for: bytes.count)
            try BlobFiles.append(bytes, to: directory.partPath(task))
            try directory.publish(directory.partPath(task), as: hash, size: bytes.count)
            return try directory.stored(hash, adopt: adopt, task: task)
        }
    }

    /// Begins an upload; what it writes is removed at the next start, unless it is kept.
    public func beginUpload() -> any Upload {
        let number = self.state.withLock { state in
            state.lastUpload += 1
            return state.lastUpload
        }
        return BlobUpload(number: number, path: self.uploadPath(number), queue: self.queue) {
            bytes throws(BlobError) in try self.makeRoom(for: bytes)
        }
    }

    /// Keeps an upload, whose hash was taken as it came in.
    public func keep(_ upload: UploadedContent, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            let path = directory.uploadPath(upload.number)
            // An upload without a byte has no file.
            if upload.size == 0 { try BlobFiles.append([], to: path) }
            try directory.publish(path, as: upload.hash, size: upload.size)
            return try directory.stored(upload.hash, adopt: false, task: task)
        }
    }

    /// Reads a stored artefact whole.
    public func verify(_ hash: ContentHash, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            let size = try directory.checked(hash)
            return StoredBlob(hash: hash, size: size, path: directory.path(of: hash))
        }
    }

    /// Computes a proof beside what is being written.
    public func prove(_ hash: ContentHash, window: ChallengeWindow, nonce: Bytes32, task: UInt64) {
        self.perform(task, on: self.readers) { directory throws(BlobError) in
            guard let size = directory.size(of: hash) else { throw .unknown(hash) }
            guard let range = window.bytes(of: size) else { throw .emptyWindow(hash) }
            let bytes = try directory.piece(hash, offset: range.lowerBound, count: range.count)
            guard bytes.count == range.count else {
                // The file was cut short since it was stored.
                directory.setAside(hash)
                throw .damaged(hash)
            }
            return .proof(ChallengeWindow.proof(of: bytes, nonce: nonce))
        }
    }

    /// Writes a piece of a partial artefact.
    public func write(
        _ bytes: [UInt8],
        number: Int,
        of hash: ContentHash,
        size: Int,
        task: UInt64
    ) {
        self.perform(task, on: self.queue) { directory throws(BlobError) in
            try directory.makeRoom(for: bytes.count)
            try directory.partials.write(bytes, number: number, of: hash, size: size)
            return .written
        }
    }

    /// Checks a partial artefact and stores it under its hash.
    public func finish(_ hash: ContentHash, size: Int, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            let path = directory.partials.path(of: hash)
            do throws(BlobError) {
                try BlobFiles.check(path, size: size, hash: hash)
            } catch {
                directory.partials.remove(hash)
                throw error
            }
            try directory.publish(path, as: hash, size: size)
            directory.partials.moved(hash)
            return try directory.stored(hash, adopt: false, task: task)
        }
    }

    /// Drops the pieces of a partial artefact.
    public func discard(_ hash: ContentHash) {
        self.queue.async { [weak self] in self?.partials.remove(hash) }
    }

    /// Removes a stored artefact; a link to it in the adopted folder stays.
    public func remove(_ hash: ContentHash, task: UInt64) {
        self.perform(task, on: self.queue) { directory throws(BlobError) in
            guard directory.size(of: hash) != nil else { throw .unknown(hash) }
            try BlobFiles.delete(directory.path(of: hash))
            directory.state.withLock { $0.sizes[hash] = nil }
            try BlobFiles.syncDirectory(directory.blobs)
            return .removed(hash)
        }
    }

    /// Copies a stored artefact to the adopted folder.
    public func adopt(_ hash: ContentHash, task: UInt64) {
        self.perform(task) { directory throws(BlobError) in
            try directory.stored(hash, adopt: true, task: task)
        }
    }

    // MARK: - On the queue

    /// Stores, checks or adopts an artefact; a part of it does not outlive a failure.
    private func perform(
        _ task: UInt64,
        _ work: @escaping @Sendable (BlobDirectory) throws(BlobError) -> StoredBlob
    ) {
        self.perform(task, on: self.queue) { directory throws(BlobError) in
            do throws(BlobError) {
                return .stored(try work(directory))
            } catch {
                BlobFiles.remove(directory.partPath(task))
                throw error
            }
        }
    }

    private func perform(
        _ task: UInt64,
        on queue: DispatchQueue,
        _ work: @escaping @Sendable (BlobDirectory) throws(BlobError) -> BlobOutcome
    ) {
        let session = self.state.withLock { $0.session }
        queue.async { [weak self] in
            guard let self else { return }
            let outcome: BlobOutcome
            do throws(BlobError) {
                outcome = try work(self)
            } catch {
                outcome = .failed(error)
            }
            self.deliver(BlobReport(task: task, outcome: outcome), session: session)
        }
    }

    /// Gives a checked file the name of its hash, in the place of whatever has it.
    private func publish(_ file: String, as hash: ContentHash, size: Int) throws(BlobError) {
        try BlobFiles.seal(file)
        try BlobFiles.move(file, to: self.path(of: hash))
        try BlobFiles.syncDirectory(self.blobs)
        self.state.withLock { $0.sizes[hash] = size }
    }

    /// Where a stored artefact is, or the link to it in the adopted folder.
    private func stored(_ hash: ContentHash, adopt: Bool, task: UInt64) throws(BlobError)
        -> StoredBlob
    {
        if adopt { return try self.adoptedFile(hash, task: task) }
        guard let size = self.size(of: hash) else { throw .unknown(hash) }
        return StoredBlob(hash: hash, size: size, path: self.path(of: hash))
    }

    /// Bytes of a stored artefact that was read whole just now; a damaged one is set aside.
    private func checked(_ hash: ContentHash) throws(BlobError) -> Int {
        guard self.size(of: hash) != nil else { throw .unknown(hash) }
        let found = try? BlobFiles.measure(self.path(of: hash))
        guard let found, found.hash == hash else {
            self.setAside(hash)
            throw .damaged(hash)
        }
        return found.size
    }

    /// An adopted file is a second link to the artefact, or a copy where links do not work.
    private func adoptedFile(_ hash: ContentHash, task: UInt64) throws(BlobError) -> StoredBlob {
        let source = self.path(of: hash)
        let target = "\(self.adopted)/\(hash.hex)"
        let size = try self.checked(hash)
        // What stands under the name already may have been changed since.
        let isThere = BlobFiles.size(target) != nil
        if isThere, try BlobFiles.measure(target).hash != hash { BlobFiles.remove(target) }
        if try !BlobFiles.link(source, at: target) {
            let part = self.partPath(task)
            for offset in stride(from: 0, to: size, by: StorageMarketLimits.chunkBytesMax) {
                let count = StorageMarketLimits.chunkBytesMax
                let chunk = try self.piece(hash, offset: offset, count: count)
                try BlobFiles.append(chunk, to: part)
            }
            try BlobFiles.seal(part)
            try BlobFiles.move(part, to: target)
        }
        try BlobFiles.syncDirectory(self.adopted)
        return StoredBlob(hash: hash, size: size, path: target)
    }

    /// A damaged artefact gives way, so that it can be fetched again; it may be the last copy, so it
    /// is not thrown away.
    private func setAside(_ hash: ContentHash) {
        self.state.withLock { $0.sizes[hash] = nil }
        let folder = "\(self.blobs)/damaged"
        do {
            try BlobFiles.makeDirectory(folder)
            try BlobFiles.move(self.path(of: hash), to: "\(folder)/\(hash.hex)")
        } catch {
            BlobFiles.remove(self.path(of: hash))
        }
    }

    private func makeRoom(for bytes: Int) throws(BlobError) {
        guard let writable = self.writable(self.blobs) else { return }
        guard writable >= UInt64(clamping: bytes) else { throw .noRoom(bytes: bytes) }
    }

    private func partPath(_ task: UInt64) -> String { "\(self.parts)/\(task)" }

    private func uploadPath(_ number: UInt64) -> String { "\(self.parts)/upload-\(number)" }

    /// A report that finds the mailbox full is tried again, until another session begins.
    private func deliver(_ report: BlobReport, session: UInt64) {
        let receiver = self.state.withLock { $0.session == session ? $0.report : nil }
        guard let receiver, !receiver(report) else { return }
        self.queue.asyncAfter(deadline: .now() + Self.retryPause) { [weak self] in
            self?.deliver(report, session: session)
        }
    }
}
