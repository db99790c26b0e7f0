"""A plug-in of a Valence node: JSON-RPC 2.0 on the standard streams, one object a line.

A plug-in makes a Plugin, names what answers what, and calls run(). Judgements and queries are answered on the
thread that reads, so they must be quick: the node waits one second. Events come on a thread of their own, which may
take its time and may ask the node.
"""

import json
import os
import queue
import sys
import threading


class Refused(Exception):
    """The node, or the plug-in, says no."""

    def __init__(self, code, detail):
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Journal(list):
    """What a plug-in did last, kept in its folder so that a restart does not do it again."""

    def open(self, folder, name):
        """Reads what was kept before."""
        self._path = os.path.join(folder, name)
        if os.path.exists(self._path):
            with open(self._path, encoding="utf-8") as file:
                self.extend(json.load(file))

    def keep(self, entry):
        """Adds an entry; of more than a thousand the oldest go."""
        self.append(entry)
        del self[:-1_000]
        with open(self._path + ".new", "w", encoding="utf-8") as file:
            json.dump(self, file)
        os.replace(self._path + ".new", self._path)


class Plugin:
    """One conversation with the node that started this process."""

    def __init__(self, manifest):
        self.manifest = manifest
        self.setting = {}
        self.on_init = None  # setting -> None
        self.on_event = None  # event -> None, on the thread for events
        self.on_gap = None  # number of events that were dropped -> None
        self.on_judge = None  # message -> None to accept it, or a reason to refuse it
        self.operations = {}  # name -> (arguments -> answer)
        self._events = queue.Queue(10_000)
        self._dropped = 0
        self._answers = {}
        self._next = 1
        self._lock = threading.Lock()
        # What belongs to the conversation goes through this descriptor alone; whatever else the program, or a
        # library, prints goes to the log.
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    # What the node is asked.

    def call(self, operation, arguments=None):
        """Performs an operation of the node; not on the thread that reads."""
        return self._ask("call", {"operation": operation, "arguments": arguments or {}})

    def publish(self, payload):
        """Sends a message of the plug-in's own type, and returns its id once it is in the log."""
        return self._ask("publish", {"payload": payload})["id"]

    def later(self, work):
        """Runs something on the thread for events, unless far too much waits for that already."""
        try:
            self._events.put_nowait(work)
        except queue.Full:
            # Waiting here would keep the thread that reads from answering.
            self._dropped += 1

    def _ask(self, method, params):
        answer = queue.Queue(1)
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._answers[number] = answer
        self._say({"id": number, "method": method, "params": params})
        said = answer.get()
        if "error" in said:
            error = said["error"]
            raise Refused(error.get("data", {}).get("code", "failed"), error.get("message", ""))
        return said["result"]

    # What the node asks.

    def run(self):
        """Talks with the node until it ends the conversation."""
        threading.Thread(target=self._work, daemon=True).start()
        for line in sys.stdin:
            said = json.loads(line)
            if "method" not in said:
                answer = self._answers.pop(said.get("id"), None)
                if answer:
                    answer.put(said)
            elif said["method"] == "shutdown":
                break
            else:
                self._serve(said["method"], said.get("params", {}), said.get("id"))
        os._exit(0)

    def _serve(self, method, params, number):
        if method == "event" and self.on_event:
            self.later(lambda: self.on_event(params))
        elif method == "gap" and self.on_gap:
            self.later(lambda: self.on_gap(params["dropped"]))
        if number is None:
            return
        try:
            self._say({"id": number, "result": self._answer(method, params)})
        except Refused as refused:
            error = {"code": -32000, "message": refused.detail, "data": {"code": refused.code}}
            self._say({"id": number, "error": error})

    def _answer(self, method, params):
        if method == "manifest":
            return self.manifest
        if method == "init":
            self.setting = params
            if self.on_init:
                self.on_init(params)
            return {}
        if method == "judge":
            reason = self.on_judge(params)
            return {"verdict": "refuse", "reason": reason} if reason else {"verdict": "accept"}
        if method == "query":
            return self.operations[params["operation"]](params["arguments"])
        raise Refused("unknown", f"there is no {method}")

    def _work(self):
        while True:
            work = self._events.get()
            dropped, self._dropped = self._dropped, 0
            try:
                if dropped and self.on_gap:
                    self.on_gap(dropped)
                work()
            except Exception as problem:  # One bad event must not end all that follow.
                print(f"{type(problem).__name__}: {problem}", file=sys.stderr, flush=True)

    def _say(self, members):
        line = json.dumps({"jsonrpc": "2.0", **members}, ensure_ascii=False)
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()
