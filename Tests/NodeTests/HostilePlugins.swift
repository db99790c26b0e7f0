/// Programs that do what no plug-in should, each in a way of its own.
enum HostilePlugins {
    /// What all begin with: they say properly what they are, or nobody would add them.
    private static func start(_ name: String, fails: String) -> String {
        """
        import json, os, sys, time
        out = os.fdopen(os.dup(1), "wb", 0)
        def say(value): out.write(json.dumps({"jsonrpc": "2.0", **value}).encode() + b"\\n")
        text = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
        manifest = {"name": "\(name)", "version": "1", "events": ["PROPOSE", "REQUEST", "COMMENT", "VOTE"],
            "owns": {"type": "\(name.uppercased())_WORD", "topic": "proposals", "fails": "\(fails)"},
            "operations": [{"name": "ask", "kind": "read", "summary": "s", "answer": text}]}
        def until(method):
            for line in sys.stdin:
                said = json.loads(line)
                if said.get("method") == method: return said
        said = until("manifest")
        say({"id": said["id"], "result": manifest})
        said = until("init")

        """
    }

    private static let ready = #"say({"id": said["id"], "result": {}})"# + "\n"

    /// Never answers again, and never reads.
    static let hang = Self.start("hang", fails: "open") + Self.ready + "time.sleep(3600)\n"

    /// Asks the node as fast as it can, and reads no answer.
    static let flood =
        Self.start("flood", fails: "open") + Self.ready
            + """
            n = 0
            while True:
                n += 1
                say({"id": n, "method": "call", "params": {"operation": "status"}})

            """

    /// Publishes as fast as it can.
    static let shout =
        Self.start("shout", fails: "closed") + Self.ready
            + """
            import threading
            def work():
                n = 0
                while True:
                    n += 1
                    say({"id": n, "method": "publish", "params": {"payload": {"n": n}}})
            threading.Thread(target=work, daemon=True).start()
            for line in sys.stdin:
                said = json.loads(line)
                if said.get("method") == "judge":
                    say({"id": said["id"], "result": {"verdict": "refuse", "reason": "no"}})

            """

    /// Writes what is no line of the conversation, and a line that never ends.
    static let garbage =
        Self.start("garbage", fails: "open") + Self.ready
            + """
            while True:
                out.write(os.urandom(65536))
                out.write(b"x" * 3000000)
                out.write(b"\\n{}\\n[1]\\nhello\\n{\\"jsonrpc\\":\\"2.0\\",\\"id\\":99999,\\"result\\":1}\\n")
                os.write(2, os.urandom(65536))

            """

    /// Ends as soon as it is to begin.
    static let crash = Self.start("crash", fails: "open") + "os._exit(3)\n"

    /// Answers everything, and nothing rightly.
    static let wrong =
        Self.start("wrong", fails: "closed") + Self.ready
            + """
            for line in sys.stdin:
                said = json.loads(line)
                if said.get("method") == "judge": say({"id": said["id"], "result": {"verdict": 7}})
                if said.get("method") == "query": say({"id": said["id"], "result": {"b": [1, 2, 3]}})
                if said.get("method") == "event": say({"id": 424242, "result": {"verdict": "accept"}})

            """

    /// Each with its name.
    static let all = [
        ("hang", Self.hang), ("flood", Self.flood), ("shout", Self.shout),
        ("garbage", Self.garbage), ("crash", Self.crash), ("wrong", Self.wrong),
    ]
}
