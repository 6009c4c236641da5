"""All of the corpus, and what writes it into a folder: `python -m tests.corpus.corpus FOLDER`."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.corpus.animations import ANIMATIONS
from tests.corpus.broken import BROKEN
from tests.corpus.cases import Case
from tests.corpus.films import FILMS
from tests.corpus.films_more import MORE_FILMS
from tests.corpus.sounds import SOUNDS
from tests.corpus.stills import STILLS
from tests.corpus.stills_more import MORE_STILLS

FAMILIES: dict[str, tuple[Case, ...]] = {
    "still": (*STILLS, *MORE_STILLS),
    "animation": ANIMATIONS,
    "film": (*FILMS, *MORE_FILMS),
    "sound": SOUNDS,
    "broken": BROKEN,
}
CORPUS: tuple[Case, ...] = tuple(case for cases in FAMILIES.values() for case in cases)
# Most of a file is made in a tool of one thread.
_AT_ONCE = 2


def write_corpus(folder: Path) -> str:
    """Write every file, and `index.tsv` with name, kind, bytes and what must come out of each; that table."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(family, case) for family, cases in FAMILIES.items() for case in cases]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda row: row[1].make(folder / row[1].name), rows))
    lines = ["name\tkind\tbytes\tmust come out"]
    for family, case in rows:
        size_bytes = (folder / case.name).stat().st_size
        lines.append(f"{case.name}\t{family}\t{size_bytes}\t{case.expect.words}")
    table = "\n".join(lines) + "\n"
    (folder / "index.tsv").write_text(table)
    return table


if __name__ == "__main__":
    print(write_corpus(Path(sys.argv[1])), end="")
    print(f"\n{len(CORPUS)} files and their index are in {sys.argv[1]}")
