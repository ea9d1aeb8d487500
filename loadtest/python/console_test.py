"""The console page in headless Chromium."""

import os
import pathlib
import shutil
import tempfile

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SCREENSHOT = pathlib.Path(__file__).resolve().parents[1] / "target/console.png"
# All but the first three keep Chromium from calling home.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1280,1000", "--lang=en-GB"]


@pytest.fixture(scope="module")
def browser():
    profile = tempfile.mkdtemp(prefix="millrace-chromium")
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROMIUM") or shutil.which("chromium")
    for flag in FLAGS + [f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="module")
def page(browser, http_address):
    browser.get(f"http://{http_address}/")
    until(browser, lambda: "Connected" in text(browser, "connection"), "connection to the status")
    return browser


def until(browser, condition, what):
    WebDriverWait(browser, 30, poll_frequency=0.1).until(lambda _: condition(), f"waited for {what}")


def text(browser, name):
    return browser.find_element(By.ID, name).text


def stroke(browser, points):
    """Draws a line through points given from the canvas' middle."""
    pad = browser.find_element(By.ID, "pad")
    actions = ActionChains(browser, duration=30).move_to_element_with_offset(pad, *points[0]).click_and_hold()
    for before, after in zip(points, points[1:]):
        actions.move_by_offset(after[0] - before[0], after[1] - before[1])
    actions.release().perform()


def clear(browser):
    browser.find_element(By.ID, "clear").click()
    until(browser, lambda: not bars(browser), "an empty answer")


def bars(browser):
    return browser.find_elements(By.CSS_SELECTOR, "#bars li")


def guess(browser):
    found = browser.find_elements(By.CSS_SELECTOR, "#verdict strong")
    return found[0].text if found else None


def test_lists_the_live_model(page):
    until(page, lambda: "digits" in text(page, "models"), "the model")
    assert "READY" in text(page, "models")
    assert "(live)" in text(page, "models")


def test_a_drawn_seven_is_guessed(page):
    clear(page)
    stroke(page, [(-60, -80), (60, -80), (-10, 90)])
    until(page, lambda: guess(page) == "7", f"a seven, not {guess(page)!r}")
    assert len(bars(page)) == 5
    assert "%" in bars(page)[0].text
    SCREENSHOT.parent.mkdir(exist_ok=True)
    assert page.save_screenshot(str(SCREENSHOT))


def test_a_drawn_one_is_guessed(page):
    clear(page)
    stroke(page, [(0, -90), (0, 90)])
    until(page, lambda: guess(page) == "1", f"a one, not {guess(page)!r}")


def test_clearing_takes_the_answer_away(page):
    stroke(page, [(0, -90), (0, 90)])
    until(page, lambda: bars(page), "an answer")
    page.find_element(By.ID, "clear").click()
    until(page, lambda: not bars(page), "no answer")


def test_plots_the_traffic(page):
    until(page, lambda: page.find_elements(By.CSS_SELECTOR, "#rate canvas"), "the plot of the rate")
    until(page, lambda: page.find_elements(By.CSS_SELECTOR, "#latency canvas"), "the plot of the latency")
    until(page, lambda: text(page, "rate-now"), "a reading of the rate")


def test_nothing_went_wrong_in_the_browser(page):
    wrong = [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert wrong == []
