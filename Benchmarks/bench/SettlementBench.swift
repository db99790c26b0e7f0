import Cryptography
import Kernel
import Logging
import Messages
import Primitives
import Reputation
import StorageMarket

/// A day of the storage market on one node: every contract's cycle is settled and the next one begins.
///
/// Market and ledger run on the node's own bus, with a log that writes nothing. Contracts were asked for
/// all through a day, so their cycles end one by one, and each is looked at when its turn comes. The
/// notices of payers are judged on the way and have a figure of their own.
struct SettlementBench {
    let effort: Effort

    func run(into report: inout Report) async throws {
        let count = self.effort.scaled(10_000)
        let market = try SampleMarket(contracts: count)
        let node = try MarketNode(market)
        let start = try await node.begin(market)
        var days: [Stopwatch.Cost] = []
        var notices: [Double] = []
        for day in 0..<self.effort.runs {
            let spent = try await node.live(
                from: start.adding(milliseconds: Int64(day) * SampleMarket.day),
                market
            )
            guard spent.settled == count, spent.begun == count else {
                throw BenchError(
                    "of \(count) contracts \(spent.settled) were settled and \(spent.begun) begun"
                )
            }
            days.append(spent.settling)
            notices.append(spent.judging.seconds)
        }
        report.add("settlement_day", Sample(days.map { $0.seconds * 1_000 }), unit: "ms")
        report.add("settlement_day_cpu", Sample(days.map { $0.cpuSeconds * 1_000 }), unit: "ms")
        let rates = days.map { Double(count) / $0.seconds }
        report.add("settlement", Sample(rates), unit: "contracts/s")
        report.add("settlement_notices", Sample(notices.map { $0 * 1_000 }), unit: "ms")
        node.stop()
    }
}

/// Contracts that were asked for all through one day, and what their parties say.
struct SampleMarket {
    static let day: Int64 = 86_400_000
    private static let minute: Int64 = 60_000
    private static let start = Timestamp(milliseconds: 1_767_225_600_000)
    private static let copies = 3
    private static let bytes: Int64 = 1_000_000

    let contracts: Int
    let uploaders: [SigningKey]
    let providers: [SigningKey]

    init(contracts: Int) throws {
        self.contracts = contracts
        self.uploaders = (0..<100).map { _ in SigningKey.generate() }
        self.providers = (0..<100).map { _ in SigningKey.generate() }
    }

    /// When the cycles of all contracts are whole and nothing was decided on the last one.
    var live: Timestamp { Self.start.adding(milliseconds: 3 * Self.day) }

    private func requestedAt(_ contract: Int) -> Timestamp {
        Self.start.adding(milliseconds: Int64(contract) * Self.day / Int64(self.contracts))
    }

    private func uploader(_ contract: Int) -> SigningKey {
        self.uploaders[contract % self.uploaders.count]
    }

    private func keepers(_ contract: Int) -> [SigningKey] {
        (0..<Self.copies).map { self.providers[(contract * 7 + $0) % self.providers.count] }
    }

    private func content(_ contract: Int) -> ContentHash {
        ContentHash(SHA256Digest.hash(Array("artefact \(contract)".utf8)))
    }

    /// What was said about a contract until ``live``, in order.
    func history(of contract: Int) throws -> [Message] {
        let (content, from) = (self.content(contract), self.requestedAt(contract))
        let (uploader, keepers) = (self.uploader(contract), self.keepers(contract))
        let described = ContentDescription(
            contentHash: content,
            contentType: "text/plain",
            contentSize: Self.bytes,
            tags: []
        )
        let request = ReplicateRequest(
            content: described,
            copyCount: Int64(Self.copies),
            reputationStake: FixedPoint(millionths: 1_000)
        )
        let assignment = CopyAssignment(
            contentHash: content,
            providers: keepers.map { NodeID($0.publicKey) }
        )
        var messages = [try Self.sign(request, uploader, at: from)]
        for keeper in keepers {
            let acceptance = ReplicateAccept(contentHash: content, capacityAvailable: 1 << 30)
            messages.append(try Self.sign(acceptance, keeper, at: from.adding(milliseconds: 1)))
        }
        messages.append(try Self.sign(assignment, uploader, at: from.adding(milliseconds: 2)))
        for keeper in keepers {
            let receipt = CopyReceived(contentHash: content)
            messages.append(try Self.sign(receipt, keeper, at: from.adding(milliseconds: 3)))
        }
        for hours in [10, 20, 30, 40] {
            let time = from.adding(milliseconds: Int64(hours) * 60 * Self.minute)
            messages += try self.challenges(of: contract, at: time)
        }
        return messages
    }

    /// The copies pass a challenge each.
    private func challenges(of contract: Int, at time: Timestamp) throws -> [Message] {
        let (content, keepers) = (self.content(contract), self.keepers(contract))
        let validators = [self.uploader(contract)] + keepers.dropLast()
        return try zip(validators, keepers).map { validator, keeper in
            let name = "\(contract) \(time.milliseconds) \(keeper.publicKey)"
            let result = ChallengeResult(
                challengeID: MessageID(SHA256Digest.hash(Array(name.utf8))),
                contentHash: content,
                challengedNode: NodeID(keeper.publicKey),
                result: .pass
            )
            return try Self.sign(result, validator, at: time)
        }
    }

    /// The notices that are given on a day, in order: each soon after its cycle began.
    func notices(from day: Timestamp) throws -> [Message] {
        let number = day.milliseconds(since: Self.start) / Self.day
        return try (0..<self.contracts).map { contract in
            let notice = RentPayment(
                contentHash: self.content(contract),
                billingCycle: number,
                amount: FixedPoint(millionths: 32),
                providers: []
            )
            let time = self.requestedAt(contract)
                .adding(milliseconds: number * Self.day + Self.minute)
            return try Self.sign(notice, self.uploader(contract), at: time)
        }
    }

    private static func sign<Body: WirePayload>(
        _ payload: Body,
        _ key: SigningKey,
        at time: Timestamp
    ) throws -> Message {
        try EnvelopeCodec.sign(
            Body.messageType,
            payload: payload.json,
            timestamp: time,
            key: key
        )
    }
}

/// The market and the ledger of a node, in a time of their own.
final class MarketNode {
    /// What a day took, and what happened in it.
    struct Day {
        var settling = Stopwatch.Cost()
        var judging = Stopwatch.Cost()
        var settled = 0
        var begun = 0
    }

    private let clock: ManualClock
    private let kernel: Kernel
    private let log: PassingLog

    init(_ market: SampleMarket) throws {
        let clock = ManualClock(Moment(market.live))
        self.clock = clock
        self.kernel = Kernel(
            clock: clock,
            entropy: SeededEntropy(seed: 1),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        )
        let everybody = (market.uploaders + market.providers).map { NodeID($0.publicKey) }
        var configuration = ReputationConfiguration(
            genesis: everybody.map {
                ReputationConfiguration.Founder(
                    identity: $0,
                    score: FixedPoint(millionths: 900_000)
                )
            },
            // It keeps nothing itself: what it owes as a provider is no part of a settlement.
            ownIdentity: NodeID(SigningKey.generate().publicKey),
            isLocalProfile: true
        )
        // What a node says of others is no part of the market.
        configuration.gossipMilliseconds = 365 * SampleMarket.day
        let (ledger, own) = (configuration, configuration.ownIdentity)
        self.kernel.add { boot in Reputation(boot, configuration: ledger) }
        self.kernel.add { boot in StorageMarket(boot, blobs: MemoryBlobs(), own: own) }
        self.log = self.kernel.add { boot in PassingLog(boot) }
        try self.kernel.boot(standard: SubsystemName.standard)
    }

    /// Replays how the contracts came about and lives through a day, in which the first cycles begin.
    ///
    /// - Returns: when the next day begins.
    func begin(_ market: SampleMarket) async throws -> Timestamp {
        for contract in 0..<market.contracts {
            for message in try market.history(of: contract) { self.log.put(.replayed(message)) }
            try await self.settle()
        }
        self.log.put(.replayFinished)
        try await self.settle()
        // The cycles that had begun before the node lived are paid as well.
        let yesterday = market.live.adding(milliseconds: -SampleMarket.day)
        for notice in try market.notices(from: yesterday) {
            self.log.put(.heard(notice, at: market.live))
            try await self.settle()
        }
        _ = try await self.live(from: market.live, market)
        return market.live.adding(milliseconds: SampleMarket.day)
    }

    /// Lives through a day.
    func live(from start: Timestamp, _ market: SampleMarket) async throws -> Day {
        var day = Day()
        let before = self.log.findings
        for notice in try market.notices(from: start) {
            day.settling += try await self.pass(to: notice.timestamp)
            self.log.put(.heard(notice, at: notice.timestamp))
            day.judging += try await Stopwatch.cost { try await self.settle() }.cost
        }
        day.settling += try await self.pass(to: start.adding(milliseconds: SampleMarket.day))
        let after = self.log.findings
        day.settled = after.settled - before.settled
        day.begun = after.begun - before.begun
        return day
    }

    /// Time passes; what the node took for what was due.
    private func pass(to time: Timestamp) async throws -> Stopwatch.Cost {
        let cost = try await Stopwatch.cost {
            while let wake = self.kernel.nextWake, wake <= Moment(time) {
                self.clock.set(to: max(self.clock.now, wake))
                self.kernel.fireWakes()
                try await self.settle()
            }
        }
        self.clock.set(to: max(self.clock.now, Moment(time)))
        return cost.cost
    }

    private func settle() async throws {
        if let exit = await self.kernel.settle() {
            throw BenchError("the market's node ended: \(exit)")
        }
    }

    func stop() { self.kernel.stop() }
}
