# SPDX-License-Identifier: Apache-2.0
"""A real browser, without a window: Debian's chromium, driven by its chromedriver.

Source: https://www.w3.org/TR/webdriver2/, which is JSON over HTTP; of it only what the tests use.
"""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile

from harness import SLOWNESS, request, wait_until


CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
STARTED = re.compile(r"started successfully on port (\d+)")

KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Down": "\ue015", "Up": "\ue013", "Left": "\ue012", "Right": "\ue014",
        "Tab": "\ue004", "Home": "\ue011", "End": "\ue010", "Backspace": "\ue003"}


def why_not():
    """Why there is no browser, or "" when there is one."""
    missing = [name for name, path in (("chromium", CHROMIUM), ("chromedriver (chromium-driver)", DRIVER)) if not path]
    return f"needs {' and '.join(missing)}" if missing else ""


class Browser:
    def __init__(self, origin, width=1440, height=900):
        self.origin = origin
        self.profile = tempfile.TemporaryDirectory(prefix="traceview-browser-", ignore_cleanup_errors=True)
        self.driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.port = int(next(match[1] for match in map(STARTED.search, self.driver.stdout) if match))
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", f"--user-data-dir={self.profile.name}",
                     f"--window-size={width},{height}"]
        self.session = ""
        self.session = "/session/" + self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": CHROMIUM, "args": arguments}}}})["sessionId"]
        self.resize(width, height)

    def call(self, method, path, body=None):
        answer = request(method, self.port, self.session + path, json.dumps(body) if body is not None else None,
                         {"Content-Type": "application/json"}, timeout=60)
        value = json.loads(answer.body)["value"]
        if answer.status != 200:
            raise AssertionError(f"{path}: {value['error']}: {value['message']}")
        return value

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            self.profile.cleanup()

    # --- what a person does -----------------------------------------------------------------------

    def open(self, path):
        self.call("POST", "/url", {"url": self.origin + path})

    def resize(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def dark(self, on=True):
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def act(self, kind, actions, **more):
        self.call("POST", "/actions", {"actions": [{"type": kind, "id": kind, "actions": actions, **more}]})

    def keys(self, *names):
        """Presses keys, one after the other, wherever the focus is."""
        for name in names:
            key = KEYS.get(name, name)
            self.act("key", [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}])

    def type(self, text):
        self.keys(*text)

    def pointer(self, *points):
        """Presses at the first point, moves over the others, lets go."""
        moves = [{"type": "pointerMove", "x": int(x), "y": int(y), "duration": 20} for x, y in points]
        self.act("pointer", [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:],
                             {"type": "pointerUp", "button": 0}], parameters={"pointerType": "mouse"})

    def hover(self, selector):
        box = self.box(selector)
        self.act("pointer", [{"type": "pointerMove", "x": int(box["x"] + box["width"] / 2),
                              "y": int(box["y"] + box["height"] / 2)}], parameters={"pointerType": "mouse"})

    def click(self, selector):
        self.js_async("const e = document.querySelector(args[0]); let top = NaN; while (top !== e.getBoundingClientRect().top) {"
                      "e.scrollIntoView({block: 'nearest'}); top = e.getBoundingClientRect().top;"
                      "await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); }", selector)
        box = self.box(selector)
        self.pointer((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))

    def drag(self, selector, from_share, to_share):
        """Drags within an element, between shares of its width, in its middle."""
        box = self.box(selector)
        xs = [box["x"] + share * box["width"] for share in (from_share, (from_share + to_share) / 2, to_share)]
        self.pointer(*((x, box["y"] + box["height"] / 2) for x in xs))

    # --- what it sees -----------------------------------------------------------------------------

    def js(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": arguments})

    def js_async(self, script, *arguments):
        """As js(), for an async function's body; its arguments are `args`."""
        return self.call("POST", "/execute/async", {
            "script": "const args = [...arguments]; const done = args.pop();"
                      f"(async () => {{ {script} }})().then(done, (e) => done({{failed: String(e)}}))", "args": arguments})

    def box(self, selector):
        found = self.js("const e = document.querySelector(arguments[0]); return e && e.getBoundingClientRect().toJSON()", selector)
        assert found, f"nothing is {selector}"
        return found

    def count(self, selector):
        return self.js("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector):
        """The text of the first such element; "" when there is none."""
        return self.js("const e = document.querySelector(arguments[0]); return e ? e.innerText : ''", selector)

    def texts(self, selector):
        return self.js("return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)", selector)

    def wait(self, script, *arguments, timeout=10):
        """Waits until a script returns what is true."""
        return wait_until(lambda: self.js(script, *arguments), timeout, script)

    def wait_for(self, selector, timeout=10):
        return self.wait("return !!document.querySelector(arguments[0])", selector, timeout=timeout)

    def wait_text(self, selector, text, timeout=10):
        return self.wait("const e = document.querySelector(arguments[0]); return !!e && e.innerText.includes(arguments[1])",
                         selector, text, timeout=timeout)

    def path(self):
        return self.call("GET", "/url").removeprefix(self.origin)

    def errors(self):
        """Errors and warnings on the console since the last call."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, name):
        folder = os.environ.get("LIBTRACE_SCREENSHOTS")
        if folder:
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, name + ".png"), "wb") as file:
                file.write(base64.b64decode(self.call("GET", "/screenshot")))
