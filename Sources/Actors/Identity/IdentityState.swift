import Primitives

/// What Identity has made of the log, as a checkpoint keeps it; the key itself is never part of it.
package struct IdentityState: Codable, Sendable {
    let registrar: Registrar
    let linkBroadcasts: LinkBroadcasts
    let own: OwnKeyState
}

/// What the log says of the own key.
struct OwnKeyState: Codable, Sendable {
    let stamps: OwnStamps
    /// The latest time in the log.
    let past: Timestamp?
    let stranger: OwnHistory.Stranger?
    /// Whether the key was quiet for long enough after it was put back.
    let isCleared: Bool
}
