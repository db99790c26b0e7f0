import Multiformats
import NIOCore

/// What a host sends and receives in mDNS discovery.
///
/// Pure: a message and the time go in, messages to send and peers that were found come out.
///
/// Source: libp2p/specs discovery/mdns.md.
struct MDNSAgent: Sendable {
    enum Action: Equatable, Sendable {
        /// To be sent to everybody.
        case multicast(DNSMessage)
        /// To be sent to the host that asked.
        case reply(DNSMessage)
        /// A peer and where it says that it listens.
        case found(PeerID, [Multiaddr])
    }

    private static let textPrefix = Array("dnsaddr=".utf8)

    private let ownPeer: PeerID
    private let service: DNSName
    private let instance: DNSName
    private let directory: DNSName
    private var nextMulticast = NIODeadline.uptimeNanoseconds(0)
    private var nextReply = NIODeadline.uptimeNanoseconds(0)
    private var reported: Set<PeerID> = []
    private var forgetAt = NIODeadline.uptimeNanoseconds(0)

    /// Prepares an agent; nil when the name cannot be a label.
    ///
    /// The name is random and new with each start, so that nobody on the network can follow the host
    /// by it.
    init?(ownPeer: PeerID, instanceName: String) {
        guard let service = DNSName("_p2p._udp.local"), let instance = service.below(instanceName),
            let directory = DNSName("_services._dns-sd._udp.local")
        else { return nil }
        self.ownPeer = ownPeer
        self.service = service
        self.instance = instance
        self.directory = directory
    }

    /// The question that finds all peers.
    ///
    /// It names this host as known (RFC 6762, section 7.1): a host that hears its own question must not
    /// spend its one answer a second on it.
    func query() -> DNSMessage {
        DNSMessage(
            questions: [DNSQuestion(name: self.service, type: DNSType.pointer)],
            answers: [self.pointer]
        )
    }

    /// What tells everybody of this host, asked for or not (RFC 6762, section 8.3).
    func announcement(of addresses: [Multiaddr]) -> DNSMessage {
        DNSMessage(
            isResponse: true,
            isAuthoritative: true,
            answers: [self.pointer],
            additional: self.text(of: addresses)
        )
    }

    /// Takes in a message.
    ///
    /// A question that does not come from the port of mDNS is a simple resolver's (RFC 6762, section
    /// 6.7), an answer that does not is a forgery.
    mutating func received(
        _ message: DNSMessage,
        addresses: [Multiaddr],
        isFromPort: Bool,
        now: NIODeadline
    ) -> [Action] {
        guard !message.isResponse else { return isFromPort ? self.found(message, now) : [] }
        let answers = message.questions.prefix(4).flatMap { self.answers(to: $0, addresses) }
        var answer = DNSMessage(isResponse: true, isAuthoritative: true)
        for record in answers
        where !answer.answers.contains(record) && !message.answers.contains(record) {
            answer.answers.append(record)
        }
        guard !answer.answers.isEmpty else { return [] }
        if answer.answers.contains(where: { $0.content == .pointer(self.instance) }) {
            answer.additional = self.text(of: addresses)
        }
        return self.action(answer, to: message, isFromPort: isFromPort, now)
    }

    private mutating func action(
        _ answer: DNSMessage,
        to message: DNSMessage,
        isFromPort: Bool,
        _ now: NIODeadline
    ) -> [Action] {
        guard isFromPort else {
            guard now >= self.nextReply else { return [] }
            self.nextReply = now + DNSLimits.mdnsAnswerInterval
            var answer = answer
            answer.id = message.id
            answer.questions = message.questions
            return [.reply(answer)]
        }
        guard now >= self.nextMulticast else { return [] }
        self.nextMulticast = now + DNSLimits.mdnsAnswerInterval
        return [.multicast(answer)]
    }

    // MARK: Answers

    private func answers(to question: DNSQuestion, _ addresses: [Multiaddr]) -> [DNSRecord] {
        func asks(for type: UInt16, of name: DNSName) -> Bool {
            question.name == name && (question.type == type || question.type == DNSType.any)
        }
        if asks(for: DNSType.pointer, of: self.service) {
            return [self.pointer]
        }
        if asks(for: DNSType.pointer, of: self.directory) {
            return [self.record(self.directory, .pointer(self.service))]
        }
        if asks(for: DNSType.text, of: self.instance) { return self.text(of: addresses) }
        return []
    }

    /// One record with a string for each address; those that do not fit into a string are left out.
    private func text(of addresses: [Multiaddr]) -> [DNSRecord] {
        let strings = addresses.map {
            Self.textPrefix + Array($0.with(peer: self.ownPeer).description.utf8)
        }
        let fitting = strings.filter { $0.count <= DNSLimits.textBytesMax }
        let content = Array(fitting.prefix(DNSLimits.mdnsAddressesMax))
        return [self.record(self.instance, .text(content.isEmpty ? [[]] : content))]
    }

    private var pointer: DNSRecord { self.record(self.service, .pointer(self.instance)) }

    private func record(_ name: DNSName, _ content: DNSRecord.Content) -> DNSRecord {
        DNSRecord(name: name, lifeSeconds: DNSLimits.recordLifeSeconds, content: content)
    }

    // MARK: Peers

    private mutating func found(_ message: DNSMessage, _ now: NIODeadline) -> [Action] {
        if now >= self.forgetAt {
            self.reported = []
            self.forgetAt = now + DNSLimits.mdnsQueryInterval
        }
        var addresses: [PeerID: [Multiaddr]] = [:]
        for record in message.answers + message.additional {
            guard case .text(let strings) = record.content,
                record.name.labels.count == self.service.labels.count + 1,
                DNSName(labels: Array(record.name.labels.dropFirst())) == self.service
            else { continue }
            for string in strings where string.starts(with: Self.textPrefix) {
                let text = String(decoding: string.dropFirst(Self.textPrefix.count), as: UTF8.self)
                guard let address = try? Multiaddr(text), let peer = address.peerID,
                    peer != self.ownPeer,
                    addresses[peer, default: []].count < DNSLimits.mdnsAddressesMax
                else { continue }
                addresses[peer, default: []].append(address)
            }
        }
        return addresses.sorted { $0.key < $1.key }.compactMap { peer, addresses in
            let isNew = !self.reported.contains(peer)
            guard isNew, self.reported.count < DNSLimits.mdnsPeersMax else { return nil }
            self.reported.insert(peer)
            return .found(peer, addresses)
        }
    }
}
