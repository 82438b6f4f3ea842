"""Write the generated pages anew: `python -m wacall.docs`, or `make docs`."""

import sys

from wacall.docs.pages import PAGES
from wacall.environment import REPOSITORY


def main() -> int:
    """Write each page and say which ones changed."""
    for name, text_of in PAGES.items():
        path = REPOSITORY / name
        text = text_of()
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"{name} is new.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
