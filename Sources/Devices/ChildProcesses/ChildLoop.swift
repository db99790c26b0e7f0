import Doors
import Foundation
import Glibc
import Kernel
import Logging
import Messages
import PluginHost
import Primitives

/// The thread of ``ChildProcesses``; everything here is touched by it alone.
struct ChildLoop {
    private let owner: ChildProcesses
    private let inlet: Inlet<PluginReported>
    private var children: [RunningChild?]
    private var logs: [ChildLog]
    /// What each child may still write to its log in this second.
    private var logRoom: [Int]
    private var ticks = 0
    private var lastTick = Self.now

    init(_ owner: ChildProcesses, _ inlet: Inlet<PluginReported>) {
        self.owner = owner
        self.inlet = inlet
        self.children = owner.places.map { _ in nil }
        self.logs = owner.places.map { ChildLog(path: $0.log) }
        self.logRoom = owner.places.map { _ in ChildLimits.logBytesASecond }
    }

    /// Serves children until the node ends.
    mutating func run() {
        // A child that closed its input is told by an error of `write`, and not by a signal.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while !self.owner.isStopping {
            for order in self.owner.takeOrders() { self.follow(order) }
            self.wait()
            self.tick()
        }
        self.partWithAll()
        for number in self.logs.indices { self.logs[number].close() }
        self.owner.left()
    }

    // MARK: Orders

    private mutating func follow(_ order: ChildProcesses.Order) {
        switch order {
        case .start(let number, let run): self.start(number, run)
        case .say(let saying, let number):
            let place = self.owner.places[number]
            let line = PluginLine.json(
                saying,
                self.owner.setting,
                place.registration,
                dataDirectory: place.folder
            )
            self.children[number]?.say(PluginLine.text(line), report: .wrote)
            self.write(number)
        case .proceed(let number):
            self.children[number]?.proceed()
            self.handOver(number)
        case .end(let number): self.children[number]?.spawned.kill()
        case .call(let operation, let arguments, let id, let number):
            self.call(operation, arguments, id, number)
        case .answer(let outcome, let id, let number, let run):
            guard self.children[number]?.run == run else { return }
            let line =
                switch outcome {
                case .success(let value): PluginLine.result(id, value)
                case .failure(let refused):
                    PluginLine.error(id, code: refused.code, detail: refused.detail)
                }
            self.children[number]?.say(PluginLine.text(line), report: .called)
            self.write(number)
        case .tell(let text, let number): self.tell(text, number)
        }
    }

    private mutating func start(_ number: Int, _ run: Int) {
        let place = self.owner.places[number]
        let registration = place.registration
        do throws(SpawnedProcess.Failure) {
            let spawned = try SpawnedProcess(
                registration.path,
                registration.arguments,
                in: place.folder
            )
            self.children[number] = RunningChild(run: run, spawned)
        } catch {
            let cause = "\(registration.path) cannot be started: \(error.cause)"
            self.report(.ended(cause), number, run)
        }
    }

    private func call(
        _ operation: String,
        _ arguments: JSONValue,
        _ id: PluginCallID,
        _ number: Int
    ) {
        guard let run = self.children[number]?.run else { return }
        let (owner, scope) = (self.owner, self.owner.places[number].registration.scope)
        Task {
            let outcome = await owner.caller(operation, arguments, scope)
            owner.order(.answer(outcome, to: id, of: number, run: run))
        }
    }

    private mutating func tell(_ text: String, _ number: Int) {
        let name = self.owner.places[number].registration.name
        self.owner.logger.warning("plug-in \(name): \(text)", metadata: ["event": "plugin_said"])
        self.logs[number].append("[node] \(text)\n".utf8)
    }

    private func report(_ report: PluginReport, _ number: Int, _ run: Int) {
        _ = self.inlet.putWaiting(PluginReported(child: number, run: run, report: report))
    }

    // MARK: Pipes

    private mutating func wait() {
        var watched = [pollfd(fd: self.owner.bell, events: Int16(POLLIN), revents: 0)]
        var places: [(number: Int, pipe: Int32)] = []
        for (number, child) in self.children.enumerated() {
            guard let child else { continue }
            let spawned = child.spawned
            let wanted: [(Int32, Bool, Int32)] = [
                (spawned.input, child.hasOutgoing, POLLOUT),
                (spawned.output, child.wantsOutput, POLLIN),
                (spawned.errors, !child.areErrorsOver && self.logRoom[number] > 0, POLLIN),
            ]
            for (pipe, isWanted, event) in wanted where isWanted {
                watched.append(pollfd(fd: pipe, events: Int16(event), revents: 0))
                places.append((number, pipe))
            }
        }
        guard poll(&watched, nfds_t(watched.count), ChildLimits.tickMilliseconds) > 0 else {
            return
        }
        for (place, poll) in zip(places, watched.dropFirst()) where poll.revents != 0 {
            self.serve(place.number, place.pipe)
        }
    }

    private mutating func serve(_ number: Int, _ pipe: Int32) {
        guard let spawned = self.children[number]?.spawned else { return }
        switch pipe {
        case spawned.input: self.write(number)
        case spawned.output:
            self.children[number]?.readOutput()
            self.handOver(number)
        default:
            let bytes = self.children[number]?.readErrors() ?? []
            self.logRoom[number] -= bytes.count
            self.logs[number].append(bytes)
        }
    }

    private mutating func write(_ number: Int) {
        guard let run = self.children[number]?.run else { return }
        for report in self.children[number]?.write() ?? [] { self.report(report, number, run) }
    }

    /// Hands over what a child said, if it is not to wait.
    private mutating func handOver(_ number: Int) {
        guard let run = self.children[number]?.run else { return }
        let utterances = self.children[number]?.takeLines() ?? []
        if !utterances.isEmpty { self.report(.heard(utterances), number, run) }
    }

    // MARK: Processes

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    private mutating func tick() {
        guard Self.now - self.lastTick >= Int64(ChildLimits.tickMilliseconds) else { return }
        self.lastTick = Self.now
        self.ticks += 1
        let isSecond = self.ticks % 10 == 0
        let isMeasuring = self.ticks % ChildLimits.ticksPerMeasurement == 1
        for number in self.children.indices {
            if isSecond { self.logRoom[number] = ChildLimits.logBytesASecond }
            self.lookAfter(number, isMeasuring: isMeasuring)
        }
    }

    private mutating func lookAfter(_ number: Int, isMeasuring: Bool) {
        guard let child = self.children[number] else { return }
        if let cause = child.spawned.reap() {
            // What it started must not outlive it.
            child.spawned.killGroup()
            self.logs[number].append(self.children[number]?.readErrors() ?? [])
            self.children[number]?.closePipes()
            self.children[number] = nil
            self.report(.ended(cause), number, child.run)
        } else if child.isOutputOver {
            child.spawned.kill()
        } else if isMeasuring, let usage = ProcessMeasure.usage(of: child.spawned.process) {
            self.report(.measured(usage), number, child.run)
        }
    }

    /// Asks all to end, and kills those that do not.
    private mutating func partWithAll() {
        let line = PluginLine.text(PluginLine.notification("shutdown"))
        for number in self.children.indices {
            self.children[number]?.say(line, report: nil)
            _ = self.children[number]?.write()
            self.children[number]?.closeInput()
        }
        let deadline = Self.now + ChildLimits.farewellMilliseconds
        while self.children.contains(where: { $0 != nil }) {
            for number in self.children.indices {
                guard let child = self.children[number] else { continue }
                if Self.now >= deadline { child.spawned.kill() }
                guard child.spawned.reap() != nil else { continue }
                child.spawned.killGroup()
                self.children[number]?.closePipes()
                self.children[number] = nil
            }
            usleep(5_000)
        }
    }
}
