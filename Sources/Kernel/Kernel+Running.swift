// MARK: A node

extension Kernel {
    /// Runs the subsystems until ``stop()``, a fault, or the cancellation of the calling task.
    ///
    /// When it returns, no handler runs and no task of the kernel is left; mailboxes are closed.
    ///
    /// - Parameter workers: how many subsystems may run at once, at least 1; one a core is best.
    /// - Returns: why it ended.
    public func run(workers: Int) async -> KernelExit {
        let plan = self.plan
        let count = max(1, workers)
        self.core.scheduler.setWorkers(count)
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for _ in 0..<count { group.addTask { await self.work(plan) } }
                group.addTask { await self.keepTime(plan) }
            }
        } onCancel: {
            self.stop()
        }
        self.close()
        return self.core.exit ?? .stopped
    }

    private func work(_ plan: Booted) async {
        var hops = 0
        while true {
            switch self.core.scheduler.next() {
            case .drain(let id):
                await plan.drains[id.index](plan.directory)
                hops &+= 1
                if hops % KernelLimits.hopsPerYield == 0 { await Task.yield() }
            case .park: await self.core.scheduler.park()
            case .stop: return
            }
        }
    }

    private func keepTime(_ plan: Booted) async {
        self.core.clock.begin()
        repeat { self.fire(plan) } while await self.core.timers.sleep(self.core.clock)
    }

    private func fire(_ plan: Booted) {
        guard let now = self.core.readClock() else { return }
        for id in self.core.timers.takeDue(now) {
            plan.directory.slots[id.index].timerIsDue()
        }
    }
}

// MARK: The simulator and tests

extension Kernel {
    /// Runs the subsystems until no mail waits; for one driving task, not beside ``run(workers:)``.
    ///
    /// - Returns: how the kernel ended, or nil if it can go on.
    @discardableResult
    public func settle() async -> KernelExit? {
        let plan = self.plan
        while case .drain(let id) = self.core.scheduler.next() {
            await plan.drains[id.index](plan.directory)
        }
        return self.core.exit
    }

    /// The earliest wake that a subsystem asked for; nil if none is pending.
    public var nextWake: Moment? { self.core.timers.earliest }

    /// Makes the wakes ready that are due by the kernel's clock, earliest first; settle afterwards.
    public func fireWakes() { self.fire(self.plan) }
}
