import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why a dial led to no connection, or nobody can dial: the step that failed and what to try, in words
/// for operators.
package enum DialFailure {
    /// There is no socket to the address.
    package static func connecting(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let attempt = error.connectionErrors.last { return Self.connecting(attempt.error) }
            let cause = (error.dnsAError ?? error.dnsAAAAError).map { "\($0)" } ?? "no address"
            return
                "looking its name up failed: \(cause); check the spelling, or write an IP address"
        case ChannelError.connectTimeout(let span):
            return "connecting failed: no answer within \(span.nanoseconds / 1_000_000_000) s; see "
                + "whether the node is up and a firewall lets TCP through to this port"
        case let error as IOError:
            return "connecting failed: \(Self.words(error.errnoCode))"
        default:
            return "connecting failed: \(error)"
        }
    }

    /// This machine does not let the node listen there.
    static func listening(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return switch error.errnoCode {
        case EADDRINUSE: "another program listens there"
        case EADDRNOTAVAIL: "this machine does not have that address"
        case EACCES: "this user may not listen there"
        default: Self.words(error.errnoCode)
        }
    }

    /// There is a socket, but what was to run on it did not come to run.
    static func upgrading(_ step: String?, _ reason: String) -> String {
        guard let step else { return reason }
        return
            "\(step) failed: \(reason); see whether a Valence node listens there, and whether the key "
            + "at the end of the address is still its own"
    }

    private static func words(_ code: CInt) -> String {
        switch code {
        case ECONNREFUSED:
            "nobody listens there; see whether the node is up and the port is right"
        case ETIMEDOUT:
            "no answer; see whether the node is up and a firewall lets TCP through to this port"
        case EHOSTUNREACH, ENETUNREACH:
            "this machine has no way there; see whether it is online and speaks this kind of address"
        case EMFILE, ENFILE:
            "too many files and connections are open; raise the limit (`ulimit -n`)"
        default:
            String(cString: strerror(code))
        }
    }
}
