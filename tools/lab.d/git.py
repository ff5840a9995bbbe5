#!/usr/bin/env python3
"""The https side of the lab's git server: asks for a password and lets git-http-backend do the rest.

usage: git.py DIRECTORY ADDRESS

DIRECTORY holds hcstate.git, https.pem, https.key and the password of user hcstate, see git.sh. Only
fetching is allowed. One line per request goes to stdout.
"""

import base64
import hmac
import http.server
import pathlib
import ssl
import subprocess
import sys

DIRECTORY, ADDRESS = pathlib.Path(sys.argv[1]), sys.argv[2]
LARGEST = 64 << 20
LIMIT = 120  # seconds


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = LIMIT

    def log_message(self, form, *args):
        print(self.log_date_time_string(), self.client_address[0], form % args, flush=True)

    def refuse(self, code, *headers):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def knows_password(self):
        password = (DIRECTORY / "password").read_text().strip()
        right = "Basic " + base64.b64encode(f"hcstate:{password}".encode()).decode()
        return hmac.compare_digest(self.headers.get("Authorization", ""), right)

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LARGEST))
        data = b""
        while len(data) < LARGEST:
            size = int(self.rfile.readline(), 16)
            data += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                break
        return data

    def backend(self):
        path, _, query = self.path.partition("?")
        body = self.body()
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(DIRECTORY), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(DIRECTORY), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_ADDR": self.client_address[0],
        }
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True,
                              env=environment, timeout=LIMIT, check=False)
        if done.stderr:
            print(done.stderr.decode(errors="replace"), end="", flush=True)
        return done.stdout

    def answer(self):
        path = self.path.partition("?")[0]
        if not path.startswith("/hcstate.git/") or "receive-pack" in self.path:
            self.refuse(404)
            return
        if not self.knows_password():
            self.refuse(401, ("WWW-Authenticate", 'Basic realm="the lab"'))
            return
        head, _, content = self.backend().partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        # here, in the connection's own thread: who does not shake hands keeps nobody else waiting
        request.settimeout(LIMIT)
        super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)


server = Server((ADDRESS, 443), Handler)
server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.context.load_cert_chain(DIRECTORY / "https.pem", DIRECTORY / "https.key")
server.serve_forever()
