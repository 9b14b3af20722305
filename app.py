"""Start the app, here and on Hugging Face Spaces.

python app.py
"""

from __future__ import annotations

from sentiment import console
from sentiment.hub import use_no_token
from sentiment.lineup import LineUp
from sentiment.ui.app import build_demo, launch_kwargs


def main() -> None:
    """Serve the demo, and do what visitors would wait for while the first page opens."""
    console.quiet_libraries()
    use_no_token()
    lineup = LineUp()
    demo = build_demo(lineup)
    demo.launch(**launch_kwargs(), prevent_thread_lock=True)
    lineup.prepare()
    demo.block_thread()


if __name__ == "__main__":
    main()
