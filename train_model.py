"""Train a recipe: `python -m sentiment train` under another name, with the same options.

python train_model.py --list
python train_model.py distilbert-mini-sst2-lora --data FOLDER
"""

import sys

from sentiment.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
