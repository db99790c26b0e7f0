package import NIOCore

/// Bounds of the DNS codec, of `dnsaddr` look-ups and of mDNS.
package enum DNSLimits {
    /// Bytes of a message that is read or written.
    ///
    /// Source: RFC 6762, section 17: an mDNS message has at most 9,000 bytes with its headers.
    package static let messageBytesMax = 9_000

    /// Bytes of a message that this node asks for over UDP.
    ///
    /// Source: DNS flag day 2020: 1,232 bytes pass every path without fragments.
    static let udpPayloadBytes: UInt16 = 1_232

    /// Bytes of one label.
    ///
    /// Source: RFC 1035, section 2.3.4.
    static let labelBytesMax = 63

    /// Bytes of a whole name with its lengths.
    ///
    /// Source: RFC 1035, section 2.3.4.
    static let nameBytesMax = 255

    /// Bytes of one string of a TXT record.
    ///
    /// Source: RFC 1035, section 3.3.
    static let textBytesMax = 255

    /// Questions and records of one message.
    ///
    /// Source: own choice: a full message of the smallest useful records has fewer.
    static let recordsMax = 256

    /// `dnsaddr` entries that lead to further `dnsaddr` entries.
    ///
    /// Source: own choice: the public bootstrap nodes need two.
    static let depthMax = 4

    /// Queries of one look-up, all depths together.
    ///
    /// Source: own choice: four levels of a few names each.
    static let queriesMax = 16

    /// Addresses that one look-up may bring.
    ///
    /// Source: own choice: more than a dial can try in its time.
    static let addressesMax = 32

    /// How long one server may take to answer.
    ///
    /// Source: own choice: resolv.conf(5) waits 5 s; a dial has 10 s for three servers.
    package static let queryTimeout = TimeAmount.seconds(3)

    /// Servers of resolv.conf that are asked.
    ///
    /// Source: resolv.conf(5), MAXNS.
    static let serversMax = 3

    /// The port of multicast DNS.
    ///
    /// Source: RFC 6762, section 3.
    package static let multicastPort = 5_353

    /// Life of an announced mDNS record, in seconds.
    ///
    /// Source: RFC 6762, section 10: 120 s for records with a host's name, as all libp2p uses.
    static let recordLifeSeconds: UInt32 = 120

    /// Between two mDNS queries of this node.
    ///
    /// Source: own choice: rust-libp2p asks every five minutes; newcomers ask and answer at once.
    static let mdnsQueryInterval = TimeAmount.seconds(300)

    /// Shortest time between two mDNS answers.
    ///
    /// Source: RFC 6762, section 6: a record is multicast once a second at most.
    static let mdnsAnswerInterval = TimeAmount.seconds(1)

    /// Addresses taken from one mDNS answer, and put into one.
    ///
    /// Source: own choice: a host has a handful of interfaces.
    static let mdnsAddressesMax = 16

    /// Interfaces on which this host takes part in mDNS.
    ///
    /// Source: own choice: four times what a home router has; each takes a socket.
    static let mdnsInterfacesMax = 16

    /// Peers whose mDNS answers are reported in one ``mdnsQueryInterval``.
    ///
    /// Source: own choice: a large local network; more is a flood.
    static let mdnsPeersMax = 256
}
