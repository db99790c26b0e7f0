public import Primitives

/// The network that a node claims to belong to: the hash of its description, and its name.
///
/// It is sent in the handshake but not covered by the signature. The secure channel proves who sent it,
/// but nothing can prove that it is true, since the description of a network is public. It separates
/// nodes that are set up for different networks; it does not keep out a node that claims this one
/// (ADR 0039).
public struct NetworkMark: Sendable, Equatable, CustomStringConvertible {
    /// Hash of the network's description (D-36).
    public let hash: Bytes32
    /// What people call the network; nothing in it can disturb a terminal or a log.
    public let name: String

    /// Marks a network; of the name only what can be shown is kept.
    public init(hash: Bytes32, name: String) {
        self.hash = hash
        let shown = name.unicodeScalars.lazy.filter { $0.isPlain }
        self.name = String(String.UnicodeScalarView(shown.prefix(WireLimits.networkNameScalarsMax)))
    }

    /// What a payload of the handshake says; nil when it names no network.
    init?(reading payload: PayloadReader) {
        guard let hash = payload.view[Self.hashMember]?.string.flatMap({ Bytes32(hex: $0) }) else {
            return nil
        }
        self.init(hash: hash, name: payload.view[Self.nameMember]?.string ?? "")
    }

    private static let hashMember = "genesis_hash"
    private static let nameMember = "genesis_name"

    /// The members of a payload of the handshake.
    func write(to payload: inout PayloadWriter) {
        payload.set(Self.hashMember, self.hash)
        payload.set(Self.nameMember, self.name)
    }

    /// Name and the beginning of the hash, which tell networks apart for people.
    public var description: String { "\(self.name)/\(self.hash.hex.prefix(12))" }
}

extension Unicode.Scalar {
    /// Whether a text can show it without changing what stands around it.
    fileprivate var isPlain: Bool {
        switch self.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber, .connectorPunctuation, .dashPunctuation,
            .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol,
            .spaceSeparator:
            true
        default: false
        }
    }
}
