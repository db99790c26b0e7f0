public import Messages
public import Primitives
import Synchronization

/// The blob directory of a simulated node: in memory, with reports at once.
public final class MemoryBlobs: BlobDevice {
    private struct State: Sendable {
        var blobs: [ContentHash: [UInt8]] = [:]
        var adopted: Set<ContentHash> = []
        var partials: [ContentHash: Partial] = [:]
        var uploads: [UInt64: [UInt8]] = [:]
        var lastUpload: UInt64 = 0
        var report: (@Sendable (BlobReport) -> Bool)?
    }

    private struct Partial: Sendable {
        var map: PieceMap
        var bytes: [UInt8]

        init(size: Int) {
            self.map = PieceMap(size: size)
            self.bytes = Array(repeating: 0, count: size)
        }
    }

    private let state = Mutex(State())

    /// Makes an empty directory.
    public init() {}

    /// Whether an artefact was adopted; for tests.
    public func isAdopted(_ hash: ContentHash) -> Bool {
        self.state.withLock { $0.adopted.contains(hash) }
    }

    /// The bytes of a stored artefact, nil when it is not here; for tests.
    public func bytes(of hash: ContentHash) -> [UInt8]? { self.state.withLock { $0.blobs[hash] } }

    /// Begins a session with its callback.
    public func connect(_ report: @escaping @Sendable (BlobReport) -> Bool) -> BlobInventory {
        self.state.withLock { state in
            state.report = report
            return BlobInventory(
                held: state.blobs.mapValues(\.count),
                partial: state.partials.mapValues(\.map)
            )
        }
    }

    /// A piece of a stored artefact.
    public func read(_ hash: ContentHash, offset: Int, count: Int, task: UInt64) {
        let bytes = self.bytes(of: hash)
        guard let bytes, (0...bytes.count).contains(offset), count >= 0 else {
            return self.report(task, .failed(.unknown(hash)))
        }
        self.report(task, .piece(Array(bytes.dropFirst(offset).prefix(count))))
    }

    private func path(of hash: ContentHash) -> String { "/memory/blobs/\(hash.hex)" }

    /// Stores a whole artefact.
    public func store(_ bytes: [UInt8], as hash: ContentHash, adopt: Bool, task: UInt64) {
        self.report(task, self.keep(bytes, as: hash, adopt: adopt))
    }

    /// Changes the first byte of a stored artefact; for tests.
    public func damage(_ hash: ContentHash) {
        self.state.withLock { $0.blobs[hash]?[0] ^= 1 }
    }

    /// Begins an upload.
    public func beginUpload() -> any Upload {
        let number = self.state.withLock { state in
            state.lastUpload += 1
            state.uploads[state.lastUpload] = []
            return state.lastUpload
        }
        return MemoryUpload(number: number, blobs: self)
    }

    /// Keeps an upload.
    public func keep(_ upload: UploadedContent, task: UInt64) {
        let bytes = self.state.withLock { $0.uploads.removeValue(forKey: upload.number) ?? [] }
        self.report(task, self.keep(bytes, as: upload.hash, adopt: false))
    }

    /// Reads a stored artefact whole.
    public func verify(_ hash: ContentHash, task: UInt64) {
        self.report(
            task,
            self.checked(hash).map { bytes in
                StoredBlob(hash: hash, size: bytes.count, path: self.path(of: hash))
            }
        )
    }

    private func checked(_ hash: ContentHash) -> Result<[UInt8], BlobError> {
        self.state.withLock { state in
            guard let bytes = state.blobs[hash] else { return .failure(.unknown(hash)) }
            if ContentHash(SHA256Digest.hash(bytes)) == hash { return .success(bytes) }
            state.blobs[hash] = nil
            return .failure(.damaged(hash))
        }
    }

    /// The bytes of an upload; nil when it was kept or discarded.
    fileprivate subscript(upload number: UInt64) -> [UInt8]? {
        get { self.state.withLock { $0.uploads[number] } }
        set { self.state.withLock { $0.uploads[number] = newValue } }
    }

    /// Computes a proof.
    public func prove(_ hash: ContentHash, window: ChallengeWindow, nonce: Bytes32, task: UInt64) {
        guard let bytes = self.bytes(of: hash) else {
            return self.report(task, .failed(.unknown(hash)))
        }
        guard let range = window.bytes(of: bytes.count) else {
            return self.report(task, .failed(.emptyWindow(hash)))
        }
        let proof = ChallengeWindow.proof(of: Array(bytes[range]), nonce: nonce)
        self.report(task, .proof(proof))
    }

    /// Writes a piece of a partial artefact.
    public func write(
        _ bytes: [UInt8],
        number: Int,
        of hash: ContentHash,
        size: Int,
        task: UInt64
    ) {
        self.state.withLock { state in
            var partial = state.partials[hash] ?? Partial(size: size)
            if partial.map.size != size { partial = Partial(size: size) }
            partial.bytes.replaceSubrange(partial.map.range(of: number), with: bytes)
            partial.map.insert(number)
            state.partials[hash] = partial
        }
        self.report(task, .written)
    }

    /// Checks a partial artefact and stores it under its hash.
    public func finish(_ hash: ContentHash, size: Int, task: UInt64) {
        let bytes = self.state.withLock { $0.partials.removeValue(forKey: hash)?.bytes ?? [] }
        guard bytes.count == size else {
            return self.report(task, .failed(.wrongSize(expected: size, found: bytes.count)))
        }
        self.report(task, self.keep(bytes, as: hash, adopt: false))
    }

    /// Drops the pieces of a partial artefact.
    public func discard(_ hash: ContentHash) {
        self.state.withLock { $0.partials[hash] = nil }
    }

    /// Removes a stored artefact; an adopted copy stays.
    public func remove(_ hash: ContentHash, task: UInt64) {
        let wasThere = self.state.withLock { $0.blobs.removeValue(forKey: hash) != nil }
        self.report(task, wasThere ? .removed(hash) : .failed(.unknown(hash)))
    }

    /// Copies a stored artefact to the adopted folder.
    public func adopt(_ hash: ContentHash, task: UInt64) {
        self.report(task, self.checked(hash).flatMap { self.keep($0, as: hash, adopt: true) })
    }

    private func keep(
        _ bytes: [UInt8],
        as hash: ContentHash,
        adopt: Bool
    ) -> Result<StoredBlob, BlobError> {
        let found = ContentHash(SHA256Digest.hash(bytes))
        guard found == hash else { return .failure(.wrongHash(expected: hash, found: found)) }
        self.state.withLock { state in
            state.blobs[hash] = bytes
            if adopt { state.adopted.insert(hash) }
        }
        let path = adopt ? "/memory/adopted/\(hash.hex)" : self.path(of: hash)
        return .success(StoredBlob(hash: hash, size: bytes.count, path: path))
    }

    private func report(_ task: UInt64, _ result: Result<StoredBlob, BlobError>) {
        switch result {
        case .success(let stored): self.report(task, .stored(stored))
        case .failure(let error): self.report(task, .failed(error))
        }
    }

    private func report(_ task: UInt64, _ outcome: BlobOutcome) {
        let report = self.state.withLock { $0.report }
        _ = report?(BlobReport(task: task, outcome: outcome))
    }
}

/// An upload of a simulated node.
private struct MemoryUpload: Upload {
    let number: UInt64
    let blobs: MemoryBlobs

    func append(_ bytes: [UInt8]) async throws(ContentFailure) {
        self.blobs[upload: self.number] = (self.blobs[upload: self.number] ?? []) + bytes
    }

    func finish() async -> UploadedContent {
        let bytes = self.blobs[upload: self.number] ?? []
        return UploadedContent(
            number: self.number,
            hash: ContentHash(SHA256Digest.hash(bytes)),
            size: bytes.count
        )
    }

    func discard() { self.blobs[upload: self.number] = nil }
}
