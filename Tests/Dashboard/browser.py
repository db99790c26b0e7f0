"""Headless Chromium in front of a dashboard."""

import contextlib
import importlib.util
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

HEIGHT = 900
# What keeps people out; the milder findings of axe are matters of taste.
GRAVE = {"serious", "critical"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The package is for another driver; what it brings of axe is all that is used of it.
AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js").read_text()


class Browser:
    """A browser that a link let in."""

    def __init__(self, link: str, has_scripts: bool):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for word in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]:
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if not has_scripts:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        self.driver = webdriver.Chrome(options, Service("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(30)
        self.base = link.split("/enter")[0]
        self.driver.get(link)
        # The page that the link opens goes on by itself, with scripts or without.
        WebDriverWait(self.driver, 10).until(lambda driver: driver.current_url == f"{self.base}/")

    def visit(self, page: str, width: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.driver.get(f"{self.base}/{page}")

    def main_text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "main").text

    def heading(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "h1").text

    def width(self) -> int:
        return self.driver.execute_script("return document.documentElement.scrollWidth")

    def findings(self) -> list[str]:
        """What axe finds that is serious or worse."""
        self.driver.execute_script(AXE)
        found = self.driver.execute_async_script(
            "const [rules, done] = arguments;"
            "axe.run({runOnly: rules, resultTypes: ['violations']}).then("
            "  (results) => done(results.violations), (error) => done([{impact: 'critical', id: String(error), nodes: []}]));",
            RULES,
        )
        return [
            f"{finding['id']}: " + "; ".join(f"{node['html'][:160]} {node['failureSummary'][:200]}" for node in finding["nodes"][:2])
            for finding in found
            if finding["impact"] in GRAVE
        ]

    @contextlib.contextmanager
    def darkness(self):
        """The colours for those who like it dark."""
        for scheme in ["dark", ""]:
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            if scheme:
                yield

    def is_calm(self) -> bool:
        """Whether nothing of others ran: no dialogue, no picture, no script but ours."""
        scripts = self.driver.execute_script("return [...document.scripts].map((script) => script.src)")
        pictures = self.driver.execute_script("return document.images.length + Number(window.harm ?? 0)")
        return scripts == [f"{self.base}/live.js"] and pictures == 0

    def inject(self) -> None:
        """Puts into the page what a stranger would, had it found a way."""
        self.driver.execute_script(
            "const box = document.createElement('div');"
            "box.innerHTML = '<b id=\"b\" onclick=\"window.harm = 1\" style=\"color: rgb(1, 2, 3)\">x</b>';"
            "document.body.append(box); document.getElementById('b').click();"
            "const script = document.createElement('script'); script.textContent = 'window.harm = 2';"
            "document.body.append(script); script.remove();"
        )
        colour = self.driver.execute_script("return getComputedStyle(document.getElementById('b')).color")
        assert colour != "rgb(1, 2, 3)", "a style within the page counted"

    def cookies(self) -> str:
        """What a script would see of them."""
        return self.driver.execute_script("return document.cookie")

    def leave_mark(self) -> str:
        """Something that another load of the page would not have."""
        self.driver.execute_script("window.mark = 'here'")
        return "here"

    def has_mark(self, mark: str) -> bool:
        return self.driver.execute_script("return window.mark") == mark

    def figure(self, name: str) -> str:
        path = f"//dt[text()='{name}']/following-sibling::dd"
        return self.driver.find_element(By.XPATH, path).text

    def is_live(self) -> bool:
        """Whether the module of the page runs."""
        return self.driver.find_element(By.ID, "live").is_displayed()

    def press_pause(self) -> None:
        self.driver.find_element(By.ID, "pause").click()

    def picture(self, path: Path) -> None:
        """A picture of what one sees first."""
        self.driver.execute_script("window.scrollTo(0, 0)")
        self.driver.save_screenshot(str(path))

    def close(self) -> None:
        self.driver.quit()
