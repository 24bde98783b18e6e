"""Chromium through chromedriver, with nothing but the standard library: the few calls that a measurement needs."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from servers import free_port

START_SECONDS_MAX = 60
REPLY_SECONDS_MAX = 180


def browser_missing():
    """Why there is no browser; None when there is one."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian, Ubuntu: apt-get install chromium chromium-driver)"
    return None


class Browser:
    """A headless browser with an empty profile, inside `with`."""

    def __enter__(self):
        self.home = tempfile.mkdtemp()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        try:
            self.wait_until_ready()
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "")
        except (OSError, AttributeError, RuntimeError):
            pass
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                return self.request("GET", "/status")
            except OSError:
                if time.monotonic() > deadline:
                    raise RuntimeError("chromedriver does not answer") from None
                time.sleep(0.05)

    def begin(self):
        arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900",
                     "--no-proxy-server", f"--user-data-dir={self.home}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        options = {"binary": shutil.which("chromium"), "args": arguments}
        capabilities = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self.session = "/session/" + self.request("POST", "/session", capabilities)["sessionId"]

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=REPLY_SECONDS_MAX) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"chromedriver: {error.read().decode()[:500]}") from None

    def call(self, method, path, body=None):
        return self.request(method, self.session + path, body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def script(self, code, *arguments):
        return self.call("POST", "/execute/sync", {"script": code, "args": list(arguments)})

    def until(self, code, seconds_max=60):
        """The first true value of a script."""
        deadline = time.monotonic() + seconds_max
        while not (value := self.script(code)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the page never came to: {code}")
            time.sleep(0.05)
        return value

    def protocol(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})
