"""Reads an adapter written by Attune with PEFT and compares logits.

    python scripts/parity/peft_logits.py MODEL_FOLDER ADAPTER_FOLDER LOGITS.safetensors INPUT.jsonl

MODEL_FOLDER needs model.safetensors (transformers reads no quantised GGUF with its own tokenizer); LOGITS.safetensors
is what `attune logits --model_name_or_path MODEL --adapter_name_or_path ADAPTER --input INPUT.jsonl` wrote.
Needs torch, transformers and peft. Exits with 1 where a logit is further than 1e-4 from PyTorch's in float64 and
PyTorch's own float32 is not: logits of 40 have a rounding unit of 4e-6, and thirty layers collect some of them.
"""

import json
import sys

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

model_folder, adapter_folder, logits_file, input_file = sys.argv[1:5]
model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32, attn_implementation="eager")
model = PeftModel.from_pretrained(model, adapter_folder).eval()
ours = load_file(logits_file)
with open(input_file) as lines:
    rows = [torch.tensor([json.loads(line)["input_ids"]]) for line in lines]


def logits():
    with torch.no_grad():
        # Prompt methods have logits of the virtual tokens, before those of the text.
        return [model(input_ids=ids).logits[0, -ids.shape[1] :].double() for ids in rows]


single = logits()
model.double()
exact = logits()
largest = max(e.abs().max().item() for e in exact)
far = lambda pairs: max((a - b).abs().max().item() for a, b in pairs)
mine = [ours[f"logits.{i}"].double() for i in range(len(rows))]
here, there = far(zip(mine, exact)), far(zip(single, exact))
print(f"logits up to {largest:.1f}; from float64: Attune {here:.2e}, PyTorch in float32 {there:.2e}; from each other {far(zip(mine, single)):.2e}")
sys.exit(here > max(1e-4, there))
