"""Tokens a second of greedy decoding in transformers, with its KV cache: what `npm run bench -- decode` times here.

    python scripts/parity/decode_speed.py MODEL [--rows 1 8] [--rounds 5] [--threads 2]

The same prompts of 16 tokens, and as there the time of one new token, the prompt's, is taken off that of 65.
MODEL is a folder of safetensors, or of one GGUF file, which transformers dequantises to float32.
"""

import argparse
import glob
import os
import statistics
import time

import torch
from transformers import AutoModelForCausalLM

PROMPT, NEW = 16, 65

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("--rows", type=int, nargs="+", default=[1, 8])
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()

torch.set_num_threads(args.threads)
files = [os.path.basename(path) for path in glob.glob(f"{args.model}/*.gguf")]
gguf = {"gguf_file": files[0]} if files else {}
model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32, **gguf).eval()
vocabulary = model.config.vocab_size


def seconds(rows, count):
    """Wall and CPU seconds of `count` new tokens in each row; none ends early."""
    ids = [[(97 * (row * PROMPT + i) + 5) % vocabulary for i in range(PROMPT)] for row in range(rows)]
    ids = torch.tensor(ids)
    wall, cpu = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        out = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            use_cache=True,
            min_new_tokens=count,
            max_new_tokens=count,
            pad_token_id=0,
        )
    assert out.shape == (rows, PROMPT + count)
    return time.perf_counter() - wall, time.process_time() - cpu


for rows in args.rows:
    seconds(rows, 4)
    taken = []
    for _ in range(args.rounds):
        one, all_ = seconds(rows, 1), seconds(rows, NEW)
        taken.append([all_[i] - one[i] for i in range(2)])
    wall, cpu = (statistics.median(each[i] for each in taken) for i in range(2))
    rate = rows * (NEW - 1) / wall
    each = 1000 / (NEW - 1)
    print(f"{rows} rows: {rate:.1f} tokens/s, {each * wall:.2f} ms and {each * cpu:.2f} CPU ms a token of each row")
