import Logging

/// A log whose lines may hold the words of peers (threat T20).
struct HarmlessLog: LogHandler {
    private var handler: any LogHandler
    private let namesEvents: Bool
    private let volume: LogVolume?

    /// - Parameters:
    ///   - handler: writes the lines.
    ///   - namesEvents: whether its readers go by the names of events; people read the text.
    ///   - volume: how much is logged; nil leaves it to the handler.
    init(_ handler: any LogHandler, namesEvents: Bool = false, volume: LogVolume? = nil) {
        self.handler = handler
        self.volume = volume
        self.namesEvents = namesEvents
    }

    private static let bytesMax = 2_000

    func log(event: LogEvent) {
        var event = event
        event.message = "\(Self.harmless(event.message.description))"
        event.metadata = event.metadata?.mapValues(Self.harmless)
        if !self.namesEvents { event.metadata?["event"] = nil }
        self.handler.log(event: event)
    }

    private static func harmless(_ text: String) -> String {
        PeerText.shown(text, bytesMax: Self.bytesMax)
    }

    private static func harmless(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(Self.harmless(text))
        case .stringConvertible(let convertible): .string(Self.harmless(convertible.description))
        case .array(let values): .array(values.map(Self.harmless))
        case .dictionary(let members): .dictionary(members.mapValues(Self.harmless))
        }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.handler[metadataKey: key] }
        set { self.handler[metadataKey: key] = newValue }
    }

    var metadata: Logger.Metadata {
        get { self.handler.metadata }
        set { self.handler.metadata = newValue }
    }

    var logLevel: Logger.Level {
        get { self.volume?.level ?? self.handler.logLevel }
        set { self.handler.logLevel = newValue }
    }
}
