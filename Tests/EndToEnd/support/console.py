"""The console in a real browser, by what a person sees: labels, buttons, headings."""

import os
import shutil
import time

WAIT_SECONDS_MAX = 60


def browser_missing() -> str | None:
    """Why there is no browser for the tests; None when there is one."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed (scripts/e2e installs it)"
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"{program} is not installed (make install installs it)"
    return None


def start_browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    # The last one: a page that goes to hundreds of addresses in seconds would not get to all of them.
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900",
                     "--disable-ipc-flooding-protection"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    # Some scripts try hundreds of texts, one page after the other.
    driver.set_script_timeout(10 * WAIT_SECONDS_MAX)
    return driver


class Console:
    def __init__(self, driver, url: str):
        self.driver = driver
        self.url = url

    def open(self, page: str = "", heading: str | None = None) -> None:
        """Loads a page anew: `#/queues/orders`."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/console{page}")
        self.until(lambda: self.script("return !!document.querySelector('h1')"
                                       " && !document.querySelector('main').hasAttribute('aria-busy')"), page)
        if heading is not None:
            self.until(lambda: self.heading == heading, f"the heading {heading}")

    def go(self, page: str) -> None:
        """Goes to another page without loading the console anew."""
        self.script("document.querySelector('h1').remove(); location.hash = arguments[0]", page)
        self.until(lambda: self.script("return !!document.querySelector('h1')"), page)

    @property
    def heading(self) -> str:
        return self.script("return document.querySelector('h1')?.textContent ?? ''")

    @property
    def text(self) -> str:
        return self.script("return document.body.innerText")

    def script(self, code: str, *arguments):
        return self.driver.execute_script(code, *arguments)

    def until(self, condition, what: str = "the page"):
        """The first true value of `condition`."""
        end = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < end, f"waited for {what}; the page says:\n{self.text[:3000]}"
            time.sleep(0.05)

    def sees(self, text: str) -> None:
        self.until(lambda: text in self.text, f"“{text}”")

    def element(self, code: str, *arguments, what: str = "an element"):
        """The element that the body of a function gives; `root` is the open dialog, or the page."""
        scope = "const root = document.querySelector('dialog[open]') ?? document.body;"
        return self.until(lambda: self.script(scope + code, *arguments), what)

    def field(self, label: str):
        """The control with this label, by the beginning of it."""
        return self.element(
            "const label = [...root.querySelectorAll('label')].find((one) => one.textContent.trim().startsWith("
            "arguments[0]) && one.checkVisibility());"
            "return label && (label.control ?? label.querySelector('input'))"
            " || [...root.querySelectorAll('[aria-label]')].find((one) => one.matches('input, select, textarea')"
            " && one.getAttribute('aria-label') === arguments[0]);", label, what=f"the field {label}")

    def fill(self, label: str, value: str) -> None:
        from selenium.webdriver.common.keys import Keys
        field = self.field(label)
        if field.tag_name == "select":
            self.script("arguments[0].value = arguments[1];"
                        "arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", field, value)
            return
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.DELETE)
        field.send_keys(value)

    def button(self, name: str, within=None):
        """The button or link with this name that can be pressed."""
        return self.element(
            "return [...(arguments[1] ?? root).querySelectorAll('button, a')].find((one) => (one.getAttribute("
            "'aria-label') ?? one.textContent).trim() === arguments[0] && one.checkVisibility() && !one.disabled);",
            name, within, what=f"the button {name}")

    def press(self, name: str, within=None) -> None:
        from selenium.common.exceptions import StaleElementReferenceException

        def pressed():
            button = self.button(name, within)
            try:
                self.script("arguments[0].scrollIntoView({block: 'center'})", button)
                button.click()
            except StaleElementReferenceException:
                # Drawn anew between the look and the click.
                return False
            return True

        self.until(pressed, f"a click on {name}")

    def tab(self, name: str) -> None:
        self.script("document.querySelectorAll('.toast').forEach((one) => one.remove())")
        self.press(name, self.element("return root.querySelector('.tabs');", what="tabs"))
        self.until(lambda: self.script("return document.querySelector('.tabs [aria-current]')?.textContent") == name
                   and not self.script("return document.querySelector('main').hasAttribute('aria-busy')"), name)

    def counts(self) -> dict[str, int]:
        """The counts that stand above a queue."""
        return self.script("return Object.fromEntries([...document.querySelectorAll('[data-count]')].map((one) =>"
                           " [one.dataset.count,"
                           " Number(one.querySelector('.value').textContent.replaceAll(',', ''))]))")

    def has(self, **counts: int) -> None:
        """Waits until the page shows these counts."""
        self.until(lambda: counts.items() <= self.counts().items(), f"{counts}, not {self.counts()}")

    def confirm(self, name: str, action: str) -> None:
        """Types the name that a dialog asks for."""
        assert not self.script("return document.querySelector('dialog[open] button[type=submit]')?.disabled === false")
        field = self.element("return root.querySelector('[data-confirm]');", what="the question for the name")
        field.send_keys(name)
        self.press(action)
        self.closed()

    def closed(self) -> None:
        self.until(lambda: not self.script("return document.querySelector('dialog[open]')"), "the dialog to close")

    def messages(self) -> list[dict]:
        """The messages on the receive page: id, text and what it says of the receives."""
        return self.script(
            "return [...document.querySelectorAll('article.message')].map((one) => ({"
            "id: one.dataset.id, text: one.querySelector('.content').textContent,"
            "receives: one.querySelector('.title .quiet-text').textContent}))")

    def command(self, kind: str, within=None) -> str:
        """The line for a shell of an action, after it is opened."""
        self.script("for (const one of (arguments[0] ?? document).querySelectorAll('details.how')) one.open = true",
                    within)
        return self.element(
            "return [...(arguments[1] ?? root).querySelectorAll('.command')].filter((one) => one.querySelector('.kind')"
            ".textContent === arguments[0]).map((one) => one.querySelector('pre').textContent)[0];",
            kind, within, what=f"a {kind} line")

    def complaints(self) -> list[str]:
        """What the browser complained about, without requests that a server without a route answers with 404."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" and "Failed to load resource" not in entry["message"]]
