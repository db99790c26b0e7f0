import Messages
import OrderedCollections
import Primitives

/// One artefact on its way from peers, in pieces from several of them at once (R-06-014, R-06-015).
///
/// Only the whole can be checked. When it fails the check, hosts are asked one at a time, so that whoever
/// sends other bytes is found and left.
struct Download: Sendable {
    /// A piece that a host was asked for.
    private struct Errand: Sendable {
        let number: Int
        let host: NodeID
        let askedAt: Timestamp
        /// What came of it so far; hosts may give less at a time than they are asked for.
        var bytes: [UInt8] = []

        var deadline: Timestamp {
            self.askedAt.adding(milliseconds: StorageMarketLimits.pieceMilliseconds)
        }
    }

    /// A piece that is being written.
    private struct Writing: Sendable {
        let number: Int
        let host: NodeID
    }

    private let hash: ContentHash
    /// The size by those who want it; nil when they do not know, or were wrong.
    private var statedSize: Int?
    /// Whether those who want it have the size from somebody who may be wrong.
    private let isHint: Bool
    /// Who made the size known, where nobody stated it.
    private var sizedBy: NodeID?
    private var hosts = DownloadHosts()
    /// What is on disk; nil until the size is known.
    private var map: PieceMap?
    /// Who gave pieces that are on disk.
    private var givers: OrderedSet<NodeID> = []
    /// Whether pieces are on disk that an earlier download left.
    private var hasOldPieces: Bool
    private var errands: OrderedDictionary<UInt64, Errand> = [:]
    private var writing: [UInt64: Writing] = [:]
    /// The check of the whole that is under way.
    private var check: UInt64?
    /// Who is told of the end.
    private(set) var purposes: OrderedSet<DownloadPurpose> = []

    /// Begins where an earlier download stopped.
    ///
    /// - Parameters:
    ///   - hash: what its bytes must have.
    ///   - size: its bytes, if anybody says; at most as many as a node keeps.
    ///   - isHint: the size may be wrong.
    ///   - pieces: what is on disk already.
    init(_ hash: ContentHash, size: Int?, isHint: Bool, pieces: PieceMap?) {
        self.hash = hash
        self.isHint = isHint
        // Nobody can tell an empty artefact from one that is not held (D-71).
        self.statedSize = size == 0 ? nil : size
        self.map = pieces ?? self.statedSize.map { PieceMap(size: $0) }
        self.hasOldPieces = pieces?.isEmpty == false
    }

    // MARK: Who wants it

    /// Somebody else wants it, too, and may know more hosts.
    mutating func add(_ purpose: DownloadPurpose, _ hosts: [NodeID]) {
        self.purposes.append(purpose)
        self.hosts.add(hosts)
    }

    /// The uploader to whom a copy is owed, where nobody in this node waits for it; nil where somebody does.
    var uploader: NodeID? {
        var uploader: NodeID?
        for purpose in self.purposes {
            guard case .copy(let owed) = purpose else { return nil }
            uploader = uploader ?? owed
        }
        return uploader
    }

    // MARK: What is known of it

    /// What is on disk; nil while nothing is.
    var pieces: PieceMap? { self.map.flatMap { $0.isEmpty ? nil : $0 } }

    /// How far it is.
    var progress: DownloadProgress.Row {
        DownloadProgress.Row(
            hash: self.hash,
            received: self.map?.bytes ?? 0,
            size: self.map?.size,
            hosts: self.hosts.count
        )
    }

    /// Whether nobody is left who could give what is missing.
    var isExhausted: Bool {
        self.hosts.areExhausted && self.errands.isEmpty && self.writing.isEmpty
            && self.check == nil
    }

    /// When something has to be done although nothing happens.
    var nextWake: Timestamp? {
        let deadlines = self.errands.values.map(\.deadline)
        return (deadlines + [self.hosts.restEnds].compactMap(\.self)).min()
    }

    // MARK: Asking

    /// Asks for as many pieces as may be under way, or has the whole checked.
    mutating func advance(now: Timestamp, _ numbers: inout TaskNumbers) -> [StorageMarketAction] {
        guard self.check == nil else { return [] }
        if let map, map.isComplete {
            let task = numbers.next()
            self.check = task
            return [.finish(self.hash, size: map.size, task: task)]
        }
        var actions = self.settleHosts()
        guard !self.isMixed else { return actions }
        for number in self.missing {
            guard self.errands.count + self.writing.count < self.errandsMax,
                let host = self.hosts.next(load: self.load, now: now)
            else { break }
            actions += self.ask(Errand(number: number, host: host, askedAt: now), &numbers)
        }
        return actions
    }

    /// Who asks one host at a time does not mix its pieces with those of others; and when those who
    /// agreed on a size are all left, the others are heard: first without the hint that they contradict,
    /// and then each of them alone.
    private mutating func settleHosts() -> [StorageMarketAction] {
        if self.hosts.areAskedAlone {
            // What others were asked for before is not wanted any more.
            let first = self.hosts.first
            self.errands = self.errands.filter { $0.value.host == first }
        }
        guard self.errands.isEmpty, self.writing.isEmpty else { return [] }
        if self.hosts.areExhausted {
            let isHeard = self.dropHint() ? self.hosts.hearDissenters() : self.hosts.askAlone()
            return isHeard ? self.startAnew() : []
        }
        return self.isMixed ? self.startAnew() : []
    }

    /// Whether one host is asked alone while pieces, or the size, are of others.
    private var isMixed: Bool {
        guard self.hosts.areAskedAlone else { return false }
        let others = self.givers.elements + self.writing.values.map(\.host)
        return self.hasOldPieces
            || (others + [self.sizedBy].compactMap(\.self)).contains { $0 != self.hosts.first }
    }

    /// Believes nobody about the size but hosts.
    ///
    /// - Returns: false when there was no hint.
    private mutating func dropHint() -> Bool {
        guard self.isHint, self.statedSize != nil else { return false }
        self.statedSize = nil
        return true
    }

    private mutating func startAnew() -> [StorageMarketAction] {
        self.map = self.statedSize.map { PieceMap(size: $0) }
        self.sizedBy = nil
        self.givers = []
        self.hasOldPieces = false
        return [.discard(self.hash)]
    }

    /// Without a size, nobody knows which pieces there are but the first.
    private var errandsMax: Int { self.map == nil ? 1 : StorageMarketLimits.piecesPerDownloadMax }

    private var load: [NodeID: Int] {
        self.errands.values.reduce(into: [:]) { $0[$1.host, default: 0] += 1 }
    }

    private var missing: [Int] {
        let underWay = Set(self.errands.values.map(\.number) + self.writing.values.map(\.number))
        guard let map else { return underWay.isEmpty ? [0] : [] }
        return map.numbers.filter { !map.contains($0) && !underWay.contains($0) }
    }

    private mutating func ask(_ errand: Errand, _ numbers: inout TaskNumbers)
        -> [StorageMarketAction]
    {
        let number = numbers.next()
        self.errands[number] = errand
        let exchange = OutboundExchange(
            opener: .storageMarket,
            id: number,
            peer: errand.host,
            streamProtocol: .content
        )
        let place = self.place(of: errand)
        let request = ContentRequest(
            contentHash: self.hash,
            offset: Int64(place.lowerBound),
            length: Int64(place.count)
        )
        return [.request(exchange, request)]
    }

    /// The bytes that are still to come of a piece.
    private func place(of errand: Errand) -> Range<Int> {
        let piece =
            self.map?.range(of: errand.number) ?? 0..<StorageMarketLimits.chunkBytesMax
        return (piece.lowerBound + errand.bytes.count)..<piece.upperBound
    }

    // MARK: What peers say

    /// A host answered.
    ///
    /// - Returns: nil when this download did not ask it.
    mutating func took(
        _ response: ContentResponse,
        on exchange: OutboundExchange,
        now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> [StorageMarketAction]? {
        guard let errand = self.errands[exchange.id], errand.host == exchange.peer else {
            return nil
        }
        self.errands[exchange.id] = nil
        let offset = self.place(of: errand).lowerBound
        let isEmpty = response.data.isEmpty
        guard response.contentHash == self.hash, response.offset == Int64(offset),
            !isEmpty || self.map != nil
        else {
            // It holds nothing (D-71), or makes no sense.
            self.hosts.leave(errand.host)
            return []
        }
        // A host that knows a smaller size has nothing to give at some of the places.
        guard self.agrees(response.totalSize, with: errand.host) else { return [] }
        guard !isEmpty, response.data.count <= self.place(of: errand).count else {
            self.hosts.leave(errand.host)
            return []
        }
        return self.took(response.data, for: errand, now: now, &numbers)
    }

    /// Whether a host says the size that is known; the first one to answer makes it known.
    private mutating func agrees(_ total: Int64, with host: NodeID) -> Bool {
        guard (1...Int64(StorageMarketLimits.artefactBytesMax)).contains(total) else {
            self.hosts.leave(host)
            return false
        }
        guard let map else {
            self.map = PieceMap(size: Int(total))
            self.sizedBy = host
            return true
        }
        guard Int64(map.size) == total else {
            if self.statedSize == nil || self.isHint, !self.hosts.areAskedAlone {
                self.hosts.dissents(host)
            } else {
                self.hosts.leave(host)
            }
            return false
        }
        return true
    }

    private mutating func took(
        _ data: [UInt8],
        for errand: Errand,
        now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> [StorageMarketAction] {
        guard let map else { return [] }
        var errand = errand
        errand.bytes += data
        guard self.place(of: errand).isEmpty else { return self.ask(errand, &numbers) }
        let milliseconds = now.milliseconds(since: errand.askedAt)
        self.hosts.gave(errand.bytes.count, by: errand.host, in: milliseconds)
        let task = numbers.next()
        self.writing[task] = Writing(number: errand.number, host: errand.host)
        return [
            .write(errand.bytes, number: errand.number, of: self.hash, size: map.size, task: task)
        ]
    }

    /// A host did not answer; most often it is not connected.
    ///
    /// - Returns: nil when this download did not ask it.
    mutating func failed(_ exchange: OutboundExchange, now: Timestamp) -> [StorageMarketAction]? {
        guard let errand = self.errands[exchange.id], errand.host == exchange.peer else {
            return nil
        }
        self.errands[exchange.id] = nil
        self.hosts.failed(errand.host, now: now)
        return [.reach(errand.host)]
    }

    /// Gives up pieces that take too long; hosts that rested may be asked again.
    mutating func tick(now: Timestamp) {
        self.hosts.wake(now: now)
        for (number, errand) in self.errands where errand.deadline <= now {
            self.errands[number] = nil
            self.hosts.wasLate(errand.host, now: now)
        }
    }

    // MARK: What the device says

    /// The device finished a task.
    ///
    /// - Returns: the end of the download; nil when it goes on.
    mutating func reported(_ report: BlobReport) -> DownloadOutcome? {
        if let written = self.writing.removeValue(forKey: report.task) {
            if case .failed(let error) = report.outcome { return .failed(error) }
            self.map?.insert(written.number)
            self.givers.append(written.host)
            return nil
        }
        guard self.check == report.task else { return nil }
        self.check = nil
        switch report.outcome {
        case .stored(let blob): return .stored(blob)
        case .failed(.wrongHash), .failed(.wrongSize):
            self.findLiar()
            return nil
        case .failed(let error): return .failed(error)
        case .piece, .written, .proof, .removed: return nil
        }
    }

    /// The whole is not what it should be, and was dropped.
    private mutating func findLiar() {
        if let giver = self.givers.first, self.givers.count == 1, !self.hasOldPieces {
            self.hosts.leave(giver)
        }
        _ = self.dropHint()
        _ = self.hosts.askAlone()
        _ = self.startAnew()
    }

    /// Whether a task or an exchange is one of this download.
    func knows(_ number: UInt64) -> Bool {
        self.errands[number] != nil || self.writing[number] != nil || self.check == number
    }
}
