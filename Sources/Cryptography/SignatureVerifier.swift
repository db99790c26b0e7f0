import KnownSenders
import Primitives
import Synchronization

/// Who decides whether signatures hold: libsodium alone, or tables of known senders that libsodium watches (ADR 0078).
///
/// The verdict is the same either way. A signature that the tables refuse is decided by libsodium, and so are some
/// of those that they accept, which nobody can foresee. When both differ, libsodium is right, the difference is
/// told and counted, and the tables are not asked again.
public final class SignatureVerifier: Sendable {
    /// Who verifies.
    public enum Kind: String, Sendable, CaseIterable {
        /// Tables for known senders, libsodium for all others.
        case knownSenders = "known-senders"
        /// libsodium, always.
        case libsodium
    }

    /// Two verdicts on the same bytes.
    public struct Difference: Sendable, Equatable {
        /// The key.
        public let key: PublicKey
        /// The signature.
        public let signature: Signature
        /// What was signed.
        public let message: [UInt8]
        /// What the table said; libsodium said the opposite.
        public let tableAccepted: Bool
    }

    /// Asks a table; something else stands in for it in tests.
    typealias TableVerdict =
        @Sendable (
            KnownSender, _ signature: UnsafeRawBufferPointer, _ digest: UnsafeRawBufferPointer
        )
        -> Bool

    /// Of so many accepted signatures libsodium decides one, on average.
    ///
    /// Source: own choice: it costs two parts in a hundred.
    static let sampledOneIn: UInt64 = 256

    private let tables: SenderTables
    private let asksTables: Atomic<Bool>
    private let differenceCount = Atomic<Int>(0)
    private let acceptedCount = Atomic<Int>(0)
    private let sampling: Sampling
    private let tableVerdict: TableVerdict
    private let listener = Mutex<(@Sendable (Difference) -> Void)?>(nil)

    /// - Parameter kind: who verifies.
    public convenience init(_ kind: Kind) { self.init(kind, tables: SenderTables()) }

    /// - Parameters:
    ///   - kind: who verifies.
    ///   - tables: where tables are kept.
    ///   - entropy: unforeseeable numbers.
    ///   - tableVerdict: asks a table.
    init(
        _ kind: Kind,
        tables: SenderTables,
        entropy: @escaping @Sendable () -> UInt64 = { SecureRandom.number() },
        tableVerdict: @escaping TableVerdict = { $0.accepts($1, digest: $2) }
    ) {
        self.tables = tables
        self.asksTables = Atomic(kind == .knownSenders)
        self.sampling = Sampling(oneIn: Self.sampledOneIn, entropy: entropy)
        self.tableVerdict = tableVerdict
    }

    // MARK: What an operator sets and sees

    /// Has libsodium verify alone from now on.
    public func useLibsodiumAlone() {
        self.asksTables.store(false, ordering: .relaxed)
        self.tables.removeAll()
    }

    /// Whether tables are asked.
    public var isAskingTables: Bool { self.asksTables.load(ordering: .relaxed) }

    /// How often a table and libsodium differed since the process began; one would be too many.
    public var differences: Int { self.differenceCount.load(ordering: .relaxed) }

    /// Signatures that a table accepted since the process began.
    public var acceptedByTables: Int { self.acceptedCount.load(ordering: .relaxed) }

    /// Keys that have a table.
    public var knownSenders: Int { self.tables.count }

    /// Has a function called for each difference, at once and on the thread that found it.
    public func onDifference(_ tell: @escaping @Sendable (Difference) -> Void) {
        self.listener.withLock { $0 = tell }
    }

    // MARK: Verdicts

    /// Whether a signature in canonical form holds.
    func isValid(_ signature: Signature, for message: [UInt8], by key: PublicKey) -> Bool {
        guard self.isAskingTables else { return Sodium.isValid(signature, for: message, by: key) }
        guard let sender = self.tables.sender(key.rawBytes) else {
            let holds = Sodium.isValid(signature, for: message, by: key)
            if holds { self.tables.noteGood(key.rawBytes) }
            return holds
        }
        if self.accepts(signature, message, key, sender) {
            self.acceptedCount.add(1, ordering: .relaxed)
            guard self.sampling.takesNext() else { return true }
            if Sodium.isValid(signature, for: message, by: key) { return true }
            self.tell(Difference(key, signature, message, tableAccepted: true))
            return false
        }
        guard Sodium.isValid(signature, for: message, by: key) else { return false }
        self.tell(Difference(key, signature, message, tableAccepted: false))
        return true
    }

    private func accepts(
        _ signature: Signature,
        _ message: [UInt8],
        _ key: PublicKey,
        _ sender: KnownSender
    ) -> Bool {
        signature.array.withUnsafeBytes { signature in
            key.rawBytes.withUnsafeBytes { key in
                message.withUnsafeBytes { message in
                    let r = UnsafeRawBufferPointer(rebasing: signature[..<32])
                    return SHA512Digest.withHash(of: r, key, message) { digest in
                        self.tableVerdict(sender, signature, digest)
                    }
                }
            }
        }
    }

    private func tell(_ difference: Difference) {
        self.useLibsodiumAlone()
        self.differenceCount.add(1, ordering: .relaxed)
        self.listener.withLock { $0 }?(difference)
    }
}

extension SignatureVerifier.Difference {
    fileprivate init(
        _ key: PublicKey,
        _ signature: Signature,
        _ message: [UInt8],
        tableAccepted: Bool
    ) {
        self.key = key
        self.signature = signature
        self.message = message
        self.tableAccepted = tableAccepted
    }
}

extension SignatureVerifier {
    /// How many are left out before the next one is taken, by a number of chance.
    static func distance(_ number: UInt64, oneIn: UInt64) -> UInt64 { number % (2 * oneIn - 1) }
}

/// Takes one in so many, without a rule that anybody outside could find.
///
/// The distance to the next one is drawn by chance each time, so that the generator is not asked for each one.
private final class Sampling: Sendable {
    private let oneIn: UInt64
    private let entropy: @Sendable () -> UInt64
    private let left: Mutex<UInt64>

    init(oneIn: UInt64, entropy: @escaping @Sendable () -> UInt64) {
        self.oneIn = oneIn
        self.entropy = entropy
        self.left = Mutex(SignatureVerifier.distance(entropy(), oneIn: oneIn))
    }

    func takesNext() -> Bool {
        self.left.withLock { left in
            guard left == 0 else {
                left -= 1
                return false
            }
            left = SignatureVerifier.distance(self.entropy(), oneIn: self.oneIn)
            return true
        }
    }
}
