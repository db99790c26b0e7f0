import Discovery
import Multiformats
import NIOCore
import NIOPosix
import Swarm

/// What comes before a connection: names are looked up, and a socket is opened.
struct NameProbe {
    /// As the operator wrote it.
    let address: String
    let dns: DNSClient
    let loop: any EventLoop

    /// A look-up, and an attempt to connect, that take longer have failed.
    ///
    /// Source: own choice: as long as a node waits for a socket.
    private static let timeout = TimeAmount.seconds(10)

    /// Looks for addresses in TXT records.
    ///
    /// - Returns: the step, and the addresses.
    func follow(_ lookup: DNSAddressLookup) async -> (AddressProbe.Step, [Multiaddr]) {
        let resolver = DNSAddressResolver(client: self.dns, timeout: Self.timeout)
        do {
            let found = try await resolver.resolve(lookup, on: self.loop).get()
            let list = found.map(\.description).joined(separator: ", ")
            return (self.step("name", .good, "its TXT records name \(list)"), found)
        } catch {
            let detail =
                "\(error); see what `dig TXT` says of the name, and whether this machine has a name server"
            return (self.step("name", .bad, detail), [])
        }
    }

    /// Looks a host's name up and opens a socket; what leads through a relay is left to the dial.
    ///
    /// - Returns: the steps up to the first that failed.
    func reach(_ address: Multiaddr) async -> [AddressProbe.Step] {
        guard !address.components.contains(.p2pCircuit),
            let (host, port, families) = address.tcpEndpoint
        else { return [] }
        var steps: [AddressProbe.Step] = []
        switch address.components.first {
        case .dns?, .dns4?, .dns6?:
            let step = await self.lookUp(host, port, families)
            steps.append(step)
            guard step.outcome == .good else { return steps }
        default: break
        }
        do {
            let channel = try await ClientBootstrap(group: self.loop)
                .connectTimeout(Self.timeout)
                .resolver(HostResolver(families, on: self.loop))
                .connect(host: host, port: port).get()
            try? await channel.close()
            return steps + [self.step("TCP", .good, "something listens there")]
        } catch {
            return steps + [self.step("TCP", .bad, DialFailure.connecting(error))]
        }
    }

    private func lookUp(_ host: String, _ port: Int, _ families: HostResolver.Families) async
        -> AddressProbe.Step
    {
        let resolver = HostResolver(families, on: self.loop)
        // The second answer comes with the first one and is waited for all the same.
        let four = resolver.initiateAQuery(host: host, port: port)
        let six = resolver.initiateAAAAQuery(host: host, port: port)
        do {
            let found = try await four.get() + (try await six.get())
            let list = found.compactMap(\.ipAddress)
            guard !list.isEmpty else {
                let detail =
                    "\(host) has no address of this kind; write /dns/ for any, or an IP address"
                return self.step("name", .bad, detail)
            }
            return self.step("name", .good, "\(host) is \(list.joined(separator: ", "))")
        } catch {
            let detail =
                "looking \(host) up failed: \(error); check the spelling, or write an IP address"
            return self.step("name", .bad, detail)
        }
    }

    private func step(_ name: String, _ outcome: AddressProbe.Step.Outcome, _ detail: String)
        -> AddressProbe.Step
    {
        AddressProbe.Step(address: self.address, name: name, outcome: outcome, detail: detail)
    }
}
