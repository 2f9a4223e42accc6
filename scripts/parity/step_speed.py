"""Seconds of a LoRA step in PyTorch and PEFT: SmolLM2-135M in float32, r = 8 on all linear layers, 2 x 128 tokens.

    python scripts/parity/step_speed.py MODEL [--rows 2] [--tokens 128] [--steps 8] [--threads 2]

MODEL is a folder of safetensors, or of one GGUF file, which transformers dequantises. Prints the median of the
steps after the first, which allocates.
"""

import argparse
import glob
import os
import statistics
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("--rows", type=int, default=2)
parser.add_argument("--tokens", type=int, default=128)
parser.add_argument("--steps", type=int, default=8)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()

torch.set_num_threads(args.threads)
torch.manual_seed(0)
files = [os.path.basename(path) for path in glob.glob(f"{args.model}/*.gguf")]
gguf = {"gguf_file": files[0]} if files else {}
model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32, **gguf)
model = get_peft_model(
    model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
)
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-4)
ids = torch.randint(0, model.config.vocab_size, (args.rows, args.tokens))

seconds = []
for step in range(args.steps + 1):
    start = time.perf_counter()
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    seconds.append(time.perf_counter() - start)
    print(f"step {step}  loss {loss.item():.4f}  {seconds[-1]:.2f} s", flush=True)

median = statistics.median(seconds[1:])
print(f"median {median:.3f} s a step, {args.rows * args.tokens / median:.0f} tokens/s")
