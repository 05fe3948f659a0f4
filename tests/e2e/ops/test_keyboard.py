"""Whoever has no mouse can work in the back office: every control is reached, and one sees where one is."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.ops.conftest import OPERATOR
from tests.e2e.ops.office import Office

OpenOffice = Callable[[str], Office]
MOST_STEPS = 90

FOCUSED = """() => {
  const one = document.activeElement
  const style = getComputedStyle(one)
  const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none'
  return { name: one.name || one.pathname || one.innerText.trim(), ring }
}"""


def tab_to(office: Office, wanted: str) -> None:
    """Press Tab until the field of that name, the link to that path or the button with that word has the focus."""
    passed = []
    office.page.wait_for_load_state()
    for _ in range(MOST_STEPS):
        office.page.keyboard.press("Tab")
        focused = office.page.evaluate(FOCUSED)
        if focused["name"] == wanted:
            assert focused["ring"], f"nobody sees that {wanted} has the focus"
            return
        passed.append(focused["name"])
    raise AssertionError(f"{wanted} is not reached: {passed}")


def test_a_form_is_found_filled_and_saved_by_keyboard_alone(open_office: OpenOffice) -> None:
    office = open_office(OPERATOR)
    keyboard = office.page.keyboard
    tab_to(office, "/ops/catalog/need/")
    keyboard.press("Enter")
    office.page.wait_for_url("**/ops/catalog/need/")
    tab_to(office, "/ops/catalog/need/add/")
    keyboard.press("Enter")
    office.page.wait_for_url("**/ops/catalog/need/add/")
    tab_to(office, "phrase")
    keyboard.type("床上有虫")
    tab_to(office, "words")
    keyboard.type("床垫除螨")
    keyboard.press("Enter")
    keyboard.type("床垫")
    tab_to(office, "_save")
    keyboard.press("Enter")
    # Without a reason nothing is saved, and what was typed stays.
    office.page.wait_for_timeout(200)
    expect(office.field("phrase")).to_have_value("床上有虫")
    tab_to(office, "reason")
    keyboard.type("零结果")
    keyboard.press("Enter")
    expect(office.page.locator("#result_list")).to_contain_text("床垫除螨、床垫")
