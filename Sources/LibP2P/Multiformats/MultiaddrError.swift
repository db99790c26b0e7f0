/// Why text or bytes are no multiaddr that this stack understands.
public enum MultiaddrError: Error, Sendable, Equatable, CustomStringConvertible {
    /// An address starts with `/` and is not empty.
    case form(String)
    /// A protocol that this stack does not know.
    case unknownProtocol(String)
    /// A protocol without its value, or with a value of the wrong form.
    case value(protocol: String, value: String)
    /// Longer than 1,024 bytes or 16 components.
    case tooLong

    /// The cause in words.
    public var description: String {
        switch self {
        case .form(let text):
            "\"\(text)\" is not a multiaddr; write for example /ip4/127.0.0.1/tcp/4001"
        case .unknownProtocol(let name): "unknown multiaddr protocol \"\(name)\""
        case .value(let name, let value): "\"\(value)\" is not a value for /\(name)"
        case .tooLong: "multiaddr longer than 1,024 bytes or 16 components"
        }
    }
}
