"""Keep the catalogues in step with the sources: `update`, `compile` or `check`.

Source strings are English, the catalogues hold every other language. `update` brings new texts in (empty) and takes
dropped ones out; `compile` writes the .mo files that the program reads; `check` fails on anything untranslated, left
over, unsure or with other placeholders than the original.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = ("-k", "lazy", "-k", "_l")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def catalogues() -> list[Path]:
    """The catalogue of every language."""
    return sorted(ROOT.glob("translations/*/LC_MESSAGES/messages.po"))


def read(path: Path) -> Catalog:
    """A catalogue from disk; its language is the name of its folder."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def extract() -> Catalog:
    """Every text of the sources, as babel.cfg finds them."""
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg"]
    with TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        subprocess.run([*command, *KEYWORDS, "-o", template, "."], cwd=ROOT, check=True)
        with template.open("rb") as file:
            return read_po(file)


def strings(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """A text, or the singular and plural of one, as a list."""
    return [value] if isinstance(value, str) else list(value or [""])


def problem_of(message: Message, known: bool) -> str | None:
    """What is wrong with one translation, or None."""
    translated = strings(message.string)
    wanted = set(PLACEHOLDER.findall(strings(message.id)[-1]))
    if not known:
        return "stands in no source any more"
    if not all(translated):
        return "is not translated"
    if message.fuzzy:
        return "is marked as unsure"
    if any(set(PLACEHOLDER.findall(text)) - wanted for text in translated):
        return "has a placeholder that the original lacks"
    if len(translated) == 1 and set(PLACEHOLDER.findall(translated[0])) < wanted:
        return "lacks a placeholder of the original"
    return None


def find_problems(path: Path, template: Catalog) -> list[str]:
    """Every gap and slip of one catalogue, one line each."""
    catalogue = read(path)
    texts = {message.id: message for message in catalogue if message.id}
    missing = [message for message in template if message.id and not catalogue.get(message.id)]
    found = [f"{strings(message.id)[0]!r} is not in the catalogue" for message in missing]
    for message in texts.values():
        if problem := problem_of(message, known=template.get(message.id) is not None):
            found.append(f"{strings(message.id)[0]!r} {problem}")
    return [f"{path.relative_to(ROOT)}: {line}" for line in found]


def check() -> int:
    """Print every problem of every catalogue; 1 if there is any."""
    template = extract()
    problems = [line for path in catalogues() for line in find_problems(path, template)]
    if not catalogues():
        problems.append("there is no catalogue under translations/")
    texts = len([message for message in template if message.id])
    print(*problems or [f"{texts} texts, all translated"], sep="\n")
    return 1 if problems else 0


def update() -> int:
    """Rewrite every catalogue with the texts of today; says how many wait for a translator."""
    template = extract()
    for path in catalogues():
        catalogue = read(path)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, width=0, sort_output=True, no_location=True)
        waiting = len([message for message in catalogue if message.id and not all(strings(message.string))])
        print(f"{path.relative_to(ROOT)}: {waiting} waiting to be translated")
    return compile_all()


def compile_all() -> int:
    """Write the .mo file beside every catalogue; a text without translation stays English."""
    for path in catalogues():
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read(path))
    return 0


if __name__ == "__main__":
    commands = {"check": check, "compile": compile_all, "update": update}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(f"Usage: python tools/translations.py {' | '.join(commands)}")
    sys.exit(commands[sys.argv[1]]())
