"""Trains a byte-level BPE tokenizer with Hugging Face tokenizers, for train-tokenizer.mjs to compare:

    pip install tokenizers==0.23.3
    python scripts/parity/train_tokenizer.py TEXT.txt TRAINED.json --vocab_size 8192 --min_frequency 2

Each line of the file is a text. TRAINED.json gets the tokenizer.json, the options, and the ids of every line.
"""

import argparse
import json

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

parser = argparse.ArgumentParser()
parser.add_argument("text")
parser.add_argument("trained")
parser.add_argument("--vocab_size", type=int, default=8192)
parser.add_argument("--min_frequency", type=int, default=0)
parser.add_argument("--special_tokens", nargs="*", default=["<|endoftext|>"])
given = parser.parse_args()

with open(given.text, encoding="utf-8", newline="\n") as file:
    lines = file.read().split("\n")
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
options = {
    "vocab_size": given.vocab_size,
    "min_frequency": given.min_frequency,
    "special_tokens": given.special_tokens,
}
alphabet = pre_tokenizers.ByteLevel.alphabet()
tokenizer.train_from_iterator(lines, trainers.BpeTrainer(initial_alphabet=alphabet, **options))
with open(given.trained, "w") as file:
    ids = [encoding.ids for encoding in tokenizer.encode_batch(lines)]
    json.dump({"options": options, "tokenizer": json.loads(tokenizer.to_str()), "ids": ids}, file)
