import Dispatch
import Messages
import Primitives
import Synchronization

/// An upload as a file of the blob directory's own, hashed as it comes.
///
/// The memory of an upload is one piece, however many there are at once.
final class BlobUpload: Upload {
    private struct State {
        var hasher = SHA256Hasher()
        var size = 0
    }

    private let number: UInt64
    private let path: String
    private let queue: DispatchQueue
    private let makeRoom: @Sendable (Int) throws(BlobError) -> Void
    private let state = Mutex(State())

    init(
        number: UInt64,
        path: String,
        queue: DispatchQueue,
        makeRoom: @escaping @Sendable (Int) throws(BlobError) -> Void
    ) {
        self.number = number
        self.path = path
        self.queue = queue
        self.makeRoom = makeRoom
    }

    func append(_ bytes: [UInt8]) async throws(ContentFailure) {
        let failure: BlobError? = await withCheckedContinuation { continuation in
            self.queue.async { continuation.resume(returning: self.write(bytes)) }
        }
        if let failure { throw ContentFailure(failure) }
    }

    private func write(_ bytes: [UInt8]) -> BlobError? {
        do throws(BlobError) {
            try self.makeRoom(bytes.count)
            try BlobFiles.append(bytes, to: self.path)
        } catch {
            return error
        }
        self.state.withLock { state in
            state.hasher.update(bytes)
            state.size += bytes.count
        }
        return nil
    }

    func finish() async -> UploadedContent {
        self.state.withLock { state in
            UploadedContent(
                number: self.number,
                hash: ContentHash(state.hasher.finalize()),
                size: state.size
            )
        }
    }

    func discard() {
        self.queue.async { [path] in BlobFiles.remove(path) }
    }
}
