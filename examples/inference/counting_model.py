#!/usr/bin/env python3
"""A model that is none: it answers the chat interface with the number of words that it was asked.

It prints the port that it listens on; 0, or nothing, takes a free one: counting_model.py [port].
"""

import http.server
import json
import sys


class Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = len(asked["messages"][-1]["content"].split())
        content = f"The counting model read {words} words.\n"
        answer = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Chat)
    print(server.server_port, flush=True)
    server.serve_forever()
