"""Reads an adapter written by Attune with PEFT and compares logits.

    python scripts/parity/peft_logits.py MODEL_FOLDER ADAPTER_FOLDER LOGITS.safetensors INPUT.jsonl

MODEL_FOLDER needs model.safetensors (transformers reads no quantised GGUF with its own tokenizer); LOGITS.safetensors
is what `attune logits --model_name_or_path MODEL --adapter_name_or_path ADAPTER --input INPUT.jsonl` wrote.
Needs torch, transformers and peft. Exits with 1 where a logit differs by more than 1e-4.
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
worst = 0.0
with open(input_file) as rows:
    for i, line in enumerate(rows):
        ids = torch.tensor([json.loads(line)["input_ids"]])
        with torch.no_grad():
            theirs = model(input_ids=ids).logits[0]
        worst = max(worst, (theirs - ours[f"logits.{i}"]).abs().max().item())
print(f"largest difference {worst:.2e}")
sys.exit(worst > 1e-4)
