/// Bounds and intervals of the Identity subsystem.
package enum IdentityLimits {
    /// Own announcements, and other own broadcasts, of this life that are remembered, so that they are
    /// known when they come back; of what is older nothing is concluded.
    ///
    /// Source: own choice: what a node may send in a day is not twice as much (ADR 0037); 1 MiB.
    static let ownSignedMax = 8_192

    /// Own announcements stamped so soon behind the start may be of the life before.
    ///
    /// Source: own choice: twice the window of gossip (D-16), for two clocks; a copy that runs announces
    /// itself every five minutes.
    static let ownEchoMilliseconds: Int64 = 600_000

    /// A key that was put back says nothing until no other process with it was noticed for so long.
    ///
    /// Source: own choice: four intervals of PEER_ANNOUNCE (R-04-014), and more than a cycle of incremental
    /// sync, which brings what gossip never gives to the key that signed it (ADR 0039).
    static let quietMilliseconds: Int64 = 1_200_000

    /// How often such a node looks whether that time is over.
    ///
    /// Source: own choice: a twentieth of ``quietMilliseconds``.
    static let quietTickMilliseconds: Int64 = 60_000

    /// A root broadcasts its links again after this time.
    ///
    /// Source: R-01-030.
    static let repeatMilliseconds: Int64 = 30 * 86_400_000

    /// How often the links are looked through.
    ///
    /// Source: own choice: a node that is up for ten minutes has peers to tell.
    static let tickMilliseconds: Int64 = 600_000

    /// The identity tree that peers are shown is built at most once in this time.
    ///
    /// Source: R-05-063, R-16-156.
    static let treeMilliseconds: Int64 = 60_000

    /// The stamps of own messages are at most so far ahead of the clock.
    ///
    /// Source: own choice: a fifth of what receivers allow (R-02-021), which leaves the rest to the
    /// distance between clocks.
    package static let stampAheadMaxMilliseconds: Int64 = 60_000

    /// When an own message may be tried again that a node which is not synced may not send.
    ///
    /// Source: own choice: a first sync begins within this time (R-05-082) and takes as long.
    static let unsyncedRetryMilliseconds: Int64 = 30_000

    /// Links that are broadcast again in one go; the rest follows with the next look.
    ///
    /// Source: own choice: peers take a hundred messages without noticing.
    static let repeatedAtOnceMax = 100

    /// Messages about keys that wait for another one.
    ///
    /// Source: own choice: a few families of keys in disorder; looking through them costs little.
    static let heldBackMax = 256

    /// Live messages of one phase that wait until it was read.
    ///
    /// Source: R-05-017.
    static let liveMessagesMax = 100_000

    /// Bytes of these messages, in canonical form.
    ///
    /// Source: R-05-017.
    static let liveBytesMax = 104_857_600

    /// Messages about keys of one signer that wait.
    ///
    /// Source: own choice: the devices of a person, and a sixteenth of ``heldBackMax``, so that nobody
    /// pushes out others with one key.
    static let heldBackPerSignerMax = 16

    /// Waiting messages that are judged again for one that came.
    ///
    /// Source: own choice: all of one signer; each may have a thousand deeds put in order (ADR 0014).
    static let triesMax = 16

    /// Unicode scalars of a device's name that are kept.
    ///
    /// Source: own choice: a name for people; the protocol bounds the message alone.
    static let labelScalarsMax = 64

    /// Keys of one rotation chain that are followed for one query.
    ///
    /// Source: own choice: a key a day for three years.
    static let chainKeysMax = 1_000
}
