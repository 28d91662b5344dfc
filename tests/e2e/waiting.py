"""Waiting for what only the page itself can tell, such as its caches and its store.

`Page.wait_for_function` takes a promise for a yes, whatever it holds; so questions that are answered by one are asked here.
"""

from typing import Any

from playwright.sync_api import Page

TRIES = 300


def wait_until(page: Page, question: str, arg: Any = None) -> None:
    """Ask in the page, ten times a second, until the answer (or what its promise holds) is true; fails after half a minute."""
    asked = page.evaluate(
        f"""async (arg) => {{
          const question = {question};
          for (let turn = 0; turn < {TRIES}; turn += 1) {{
            if (await question(arg)) return true;
            await new Promise((resolve) => setTimeout(resolve, 100));
          }}
          return false;
        }}""",
        arg,
    )
    assert asked, f"never true: {question}"


def wait_until_sent(page: Page) -> None:
    """Until the outbox of this phone is empty."""
    wait_until(page, "() => window.Kouba.outbox.pending().then((waiting) => waiting.length === 0)")
