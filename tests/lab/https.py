#!/usr/bin/env python3
"""Serves a directory over https, as unkindly as asked for.

usage: https.py DIRECTORY CERTIFICATE KEY PORT

/NAME is the file. /cut/NAME ends in the middle each time, after a third of what is left or asked for
at the least 1 MiB; /slow/NAME gives 1 MiB a second; /endless/NAME comes again and again, and nobody says
how much it is. Ranges are answered, and every request is a line on stdout: its path, its range, and
whether all of it was sent.
"""

import http.server
import os
import pathlib
import re
import ssl
import sys
import time

MIB = 1 << 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def without_end(self, data):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(data)
        except OSError:
            print(self.path, 0, "endless", flush=True)

    def do_GET(self):
        how, _, name = self.path.strip("/").rpartition("/")
        path = pathlib.Path(sys.argv[1], name)
        if not name or not path.is_file() or how not in ("", "cut", "slow", "endless"):
            self.send_error(404)
            print(self.path, "404", flush=True)
            return
        data = path.read_bytes()
        if how == "endless":
            self.without_end(data)
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        if first > len(data):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(data) - first))
        self.send_header("ETag", f'"{len(data)}"')
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        left = data[first:]
        whole = how != "cut" or len(left) <= MIB
        if not whole:
            left = left[:max(MIB, len(left) // 3)]
        try:
            for i in range(0, len(left), MIB):
                self.wfile.write(left[i:i + MIB])
                if how == "slow":
                    time.sleep(1)
        except OSError:
            whole = False
        print(self.path, first, "whole" if whole else "cut", flush=True)
        self.close_connection = True


server = http.server.ThreadingHTTPServer(("", int(sys.argv[4])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.timeout = 1
parent = os.getppid()
while os.getppid() == parent:
    server.handle_request()
