package import Cryptography
package import Messages
package import Primitives

/// What a message says before somebody signs it: its type and the members of its payload.
package struct Draft {
    /// A member of a payload.
    package typealias Member = (String, JSONValue)

    package let type: MessageType
    package let members: [Member]

    /// Any type with any members; what is wrong with them a receiver is to find.
    package init(_ type: MessageType, _ members: [Member]) {
        self.type = type
        self.members = members
    }

    /// What a node writes.
    package init(_ payload: some WirePayload) {
        let members = payload.json.members ?? []
        self.init(Swift.type(of: payload).messageType, members.map { ($0.key, $0.value) })
    }

    /// The draft with more members; they take the place of those of the same name.
    package func adding(_ more: [Member]) -> Draft {
        let kept = self.members.filter { member in !more.contains { $0.0 == member.0 } }
        return Draft(self.type, kept + more)
    }

    package var payload: JSONValue { .object(self.members) }

    /// The message, in the name of a key.
    package func signed(by key: SigningKey, at time: Timestamp) throws(Refusal) -> Message {
        try EnvelopeCodec.sign(self.type, payload: self.payload, timestamp: time, key: key)
    }
}

extension SigningKey {
    /// The key that follows from a name; the same one in every run.
    package static func named(_ name: String) throws(CryptoError) -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array(name.utf8)).array)
    }
}

extension MessageID {
    /// An id that follows from a name, of a message that nobody wrote.
    package static func named(_ name: String) -> MessageID {
        MessageID(SHA256Digest.hash(Array(name.utf8)))
    }
}

extension Message {
    /// The message as its judge gets it: at once and by sync from its author, unless told otherwise.
    package func admitted(
        from origin: Origin? = nil,
        at arrival: Timestamp? = nil,
        sender: SenderStanding? = nil,
        reputation: FixedPoint = .one
    ) -> AdmittedMessage {
        AdmittedMessage(
            message: self,
            origin: origin ?? .sync(peer: self.from),
            receivedAt: arrival ?? self.timestamp,
            sender: sender ?? SenderStanding(identity: self.from),
            reputation: reputation
        )
    }
}

/// All orders of a few things.
package func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard let first = elements.first else { return [[]] }
    return permutations(Array(elements.dropFirst())).flatMap { rest in
        (0...rest.count).map { place in Array(rest[..<place]) + [first] + Array(rest[place...]) }
    }
}
