import Identities
import Messages
import OrderedCollections
import Primitives

/// All accounts and who they belong to; every change of a direct score goes through here.
///
/// One account for each identity (R-01-044). The registry of keys is folded from the same log, so
/// whoever asks by any key of an identity gets the identity's account.
struct Ledger: Sendable, Codable {
    private(set) var keys = KeyRegistry()
    private(set) var days = WatchedDays()
    private(set) var accounts: OrderedDictionary<NodeID, Account> = [:]
    /// Sources of content that is flagged as illegal; they are held at the floor (R-06-134).
    private(set) var suspendedSources: OrderedSet<NodeID> = []

    init(founders: [ReputationConfiguration.Founder]) {
        for founder in founders {
            self.accounts[founder.identity] = Account(direct: founder.score, isFounder: true)
        }
    }

    // MARK: Reading

    /// The identity that a key acts for now.
    func identity(of key: NodeID) -> NodeID { self.keys.identity(of: key) }

    /// The account of the identity that a key acts for; nil when it was never heard.
    func account(of key: NodeID) -> Account? { self.accounts[self.identity(of: key)] }

    /// The own opinion of an identity: what trust in its word is (R-09-036); 0.2 for a stranger.
    ///
    /// While an identity is suspended it is frozen at the floor (R-01-014).
    func direct(of key: NodeID) -> FixedPoint {
        let identity = self.identity(of: key)
        return self.read(identity) { account in
            self.isSuspended(identity) && !account.pointee.isBanned
                ? ReputationLimits.floor : account.pointee.direct
        } ?? ReputationLimits.start
    }

    /// Whether an identity is banned as far as the log says (D-85).
    func isBanned(_ identity: NodeID) -> Bool {
        self.read(identity) { $0.pointee.isBanned } ?? false
    }

    /// Reads from an account where it lies: it is large, and scores are asked for all the time.
    @inline(__always)
    func read<Result>(_ identity: NodeID, _ body: (UnsafePointer<Account>) -> Result) -> Result? {
        guard let index = self.accounts.index(forKey: identity) else { return nil }
        return self.accounts.values.withUnsafeBufferPointer { accounts in
            accounts.baseAddress.map { body($0 + index) }
        }
    }

    /// Whether an identity is suspended: over contradicting rotations, or over illegal content.
    func isSuspended(_ identity: NodeID) -> Bool {
        self.keys.isSuspended(identity) || self.suspendedSources.contains(identity)
    }

    // MARK: Changing

    /// Folds a message into the registry of keys and moves accounts along.
    mutating func fold(_ message: Message) -> [KeyChange] {
        let changes = self.keys.apply(message)
        for change in changes { self.follow(change, at: message.timestamp) }
        return changes
    }

    /// A revoked key proved its delay anew in a handshake (D-13): it begins where everybody does.
    mutating func fold(_ start: KeyStartedOver) -> [KeyChange] {
        let changes = self.keys.apply(start)
        for change in changes { self.follow(change, at: start.computedAt) }
        return changes
    }

    /// A vote named the successor of a key with two (D-61).
    mutating func ratified(_ resolution: ResolutionRatified) { self.keys.ratified(resolution) }

    /// What such votes decided comes into force, and accounts move along.
    mutating func enactResolutions(at time: Timestamp) -> [KeyChange] {
        let changes = self.keys.advance(to: time)
        for change in changes { self.follow(change, at: time) }
        return changes
    }

    private mutating func follow(_ change: KeyChange, at time: Timestamp) {
        switch change {
        case .rotated(let oldKey, let newKey): self.succeed(oldKey, newKey)
        case .linked(let root, let child):
            guard let joined = self.accounts.removeValue(forKey: child) else { return }
            self.open(root)
            self.accounts[root]?.absorb(joined, at: time, cause: "link of \(child)")
        case .reborn(let key):
            self.accounts[key] = self.newAccount
        case .revoked, .conflicted, .freed: break
        }
    }

    /// The account moves to the successor; a child's successor acts for the child's root.
    ///
    /// A successor is fresh (D-83): it brings at most the traces of a connection.
    private mutating func succeed(_ oldKey: NodeID, _ newKey: NodeID) {
        let identity = self.identity(of: newKey)
        let traces = self.accounts.removeValue(forKey: newKey)
        // Only a place that stands alone has an account of its own to hand over.
        if identity == newKey, let account = self.accounts.removeValue(forKey: oldKey) {
            self.accounts[identity] = account
        }
        guard let traces else { return }
        guard self.accounts[identity] != nil else {
            self.accounts[identity] = traces
            return
        }
        self.note(identity) { account in
            account.observations.merge(traces.observations)
            account.presence.merge(traces.presence)
        }
    }

    /// Makes sure that an identity has an account.
    mutating func open(_ identity: NodeID) {
        guard self.accounts.index(forKey: identity) == nil else { return }
        self.accounts[identity] = self.newAccount
    }

    private var newAccount: Account { Account(since: self.days.today ?? .min) }

    /// Changes what is kept beside the score.
    mutating func note(_ identity: NodeID, _ change: (inout Account) -> Void) {
        self.open(identity)
        if let index = self.accounts.index(forKey: identity) {
            change(&self.accounts.values[index])
        }
    }

    /// A gain of any key of an identity: dampened by its number of keys, then limited (D-40).
    ///
    /// - Returns: what was applied; nothing while the identity is suspended (R-01-014).
    @discardableResult
    mutating func earn(
        _ raw: FixedPoint,
        by key: NodeID,
        at time: Timestamp,
        cause: String
    ) -> FixedPoint {
        let identity = self.identity(of: key)
        guard !self.isSuspended(identity) else { return .zero }
        let gain = Dampening.dampened(raw, keys: self.keys.keyCount(of: identity))
        var applied = FixedPoint.zero
        self.note(identity) { applied = $0.gain(gain, at: time, cause: cause) }
        return applied
    }

    /// A loss of any key of an identity, in full whatever the number of keys (R-01-047).
    ///
    /// What a vote decided falls on an account that is frozen, too.
    ///
    /// - Returns: what was taken; nothing while the identity is suspended (R-01-014).
    @discardableResult
    mutating func charge(
        _ amount: FixedPoint,
        to key: NodeID,
        at time: Timestamp,
        cause: String,
        isVoted: Bool = false
    ) -> FixedPoint {
        let identity = self.identity(of: key)
        guard isVoted || !self.isSuspended(identity) else { return .zero }
        var taken = FixedPoint.zero
        self.note(identity) {
            taken = $0.lose(amount, at: time, cause: cause)
        }
        return taken
    }

    /// A ban takes everything (D-85).
    mutating func forfeit(_ key: NodeID, at time: Timestamp, cause: String) {
        self.note(self.identity(of: key)) { $0.forfeit(at: time, cause: cause) }
    }

    /// These are the sources of content that is flagged as illegal, and no others.
    mutating func suspend(_ sources: OrderedSet<NodeID>) { self.suspendedSources = sources }

    // MARK: Time

    /// Time passes by arrivals.
    mutating func advance(to arrival: Timestamp) {
        if let day = self.days.advance(to: arrival) { self.close(day) }
    }

    /// A UTC day that this node watched is over: silence has its price (D-43).
    private mutating func close(_ day: Int64) {
        self.days.close(day)
        let midnight = Timestamp(day: day.saturatingAdding(1))
        for index in self.accounts.values.indices {
            let silent = self.silentDays(of: self.accounts.values[index])
            guard silent > EarningLimits.silentDaysFree,
                !self.isSuspended(self.accounts.keys[index])
            else { continue }
            self.accounts.values[index].lose(
                EarningLimits.silentDay,
                at: midnight,
                cause: LedgerCause.silence.text("\(silent) days")
            )
        }
    }

    /// Watched days that passed without a sign of an identity.
    func silentDays(of account: Account) -> Int {
        self.days.count(after: account.presence.lastActiveDay)
    }
}

extension Timestamp {
    /// Midnight at the begin of a UTC day.
    init(day: Int64) {
        let (product, overflow) = day.multipliedReportingOverflow(by: 86_400_000)
        self.init(milliseconds: overflow ? .max : product)
    }
}

extension Ledger: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("keys", self.keys)
        writer.field("days", self.days)
        writer.field("accounts", self.accounts)
        writer.field("suspendedSources", self.suspendedSources)
    }
}
