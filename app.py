"""Start the app, here and on Hugging Face Spaces.

python app.py
"""

from __future__ import annotations

from sentiment import console
from sentiment.ui.app import build_demo, launch_kwargs


def main() -> None:
    """Build the demo and serve it."""
    console.quiet_libraries()
    build_demo().launch(**launch_kwargs())


if __name__ == "__main__":
    main()
