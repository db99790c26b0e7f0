/// Numbers of the questions to time servers.
enum TimeLimits {
    /// The port of time servers.
    ///
    /// Source: RFC 4330, section 4.
    static let port = 123

    /// Bytes of a question and of an answer without extensions.
    ///
    /// Source: RFC 4330, section 4.
    static let packetBytes = 48

    /// How long an answer is waited for.
    ///
    /// Source: own choice: an answer that takes as long says little about the time.
    static let timeoutMilliseconds: Int64 = 5_000

    /// Servers that are asked at a time; names beyond are left out.
    ///
    /// Source: own choice: a median needs three, and each costs a socket.
    static let serversMax = 16

    /// Seconds from the year 1900, with which the time of servers begins, to 1970.
    ///
    /// Source: RFC 4330, section 3.
    static let epochSeconds: Int64 = 2_208_988_800

    /// Seconds after which the count of servers begins anew, in 2036.
    ///
    /// Source: RFC 4330, section 3.
    static let eraSeconds: Int64 = 4_294_967_296
}
