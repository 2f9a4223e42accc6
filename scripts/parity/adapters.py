"""Writes adapters as PEFT makes them, and what base and adapter compute together after PEFT has read them again.

    python scripts/parity/adapters.py OUT [--only NAME] [--all]

OUT/NAME/adapter_config.json and adapter_model.safetensors; OUT/truth.safetensors has NAME.logits of `input_ids` for
each, and NAME.merged where PEFT can merge it. Without --all only the ones that packages/peft/fixtures/variants holds.
The trained numbers are drawn, so that each adapter moves the logits. Needs torch, transformers and peft.
"""

import argparse
import json
import shutil
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

warnings.simplefilter("ignore")
root = Path(__file__).parents[2]
models = {
    "tied": root / "packages/sft/fixtures/models/llama-tied",
    "untied": root / "packages/peft/fixtures/families/llama",
}
input_ids = torch.tensor([[10, 50, 300, 7, 42, 11]])
q = {"r": 2, "target_modules": ["q_proj"]}

# name: (model, LoraConfig's keys, whether the repository holds it)
variants = {
    "all-linear": ("tied", {"r": 2, "target_modules": "all-linear"}, True),
    "patterns": (
        "tied",
        {
            "r": 3,
            "target_modules": r".*\.(?P<part>q_proj|o_proj|up_proj)",
            "rank_pattern": {"o_proj": 1, "layers.1.self_attn.q_proj": 2},
            "alpha_pattern": {"up_proj": 3, "^model.layers.0.self_attn.q_proj": 20},
        },
        True,
    ),
    "rslora": ("untied", {**q, "r": 4, "use_rslora": True}, False),
    "regex-ignoring-case": ("tied", {"r": 2, "target_modules": r"(?i).*\.Q_PROJ\Z"}, True),
    "layers": ("tied", {"r": 2, "target_modules": ["q_proj", "v_proj"], "layers_to_transform": [1]}, False),
    "one-layer": ("tied", {**q, "layers_to_transform": 0, "layers_pattern": "layers"}, True),
    "excluded": ("untied", {"r": 2, "target_modules": ["q_proj", "k_proj"], "exclude_modules": ["layers.0.self_attn.q_proj"]}, True),
    "paths-and-layers": ("tied", {"r": 2, "target_modules": ["model.layers.0.self_attn.q_proj", "v_proj"], "layers_to_transform": [1]}, True),
    "gaussian": ("tied", {**q, "init_lora_weights": "gaussian"}, False),
    "orthogonal": ("tied", {**q, "init_lora_weights": "orthogonal"}, False),
    "saved-embedding": ("tied", {**q, "modules_to_save": ["embed_tokens"]}, True),
    "saved-output": ("tied", {**q, "modules_to_save": ["lm_head"]}, True),
    "saved-both": ("tied", {**q, "modules_to_save": ["embed_tokens", "lm_head"]}, True),
    "saved-embedding-untied": ("untied", {**q, "modules_to_save": ["embed_tokens"]}, False),
    "saved-both-untied": ("untied", {**q, "modules_to_save": ["embed_tokens", "lm_head"]}, False),
    "kept-tied": ("tied", {**q, "modules_to_save": ["embed_tokens"], "ensure_weight_tying": True}, True),
    "kept-tied-by-output": ("tied", {**q, "modules_to_save": ["lm_head"], "ensure_weight_tying": True}, False),
    "kept-tied-of-untied": ("untied", {**q, "modules_to_save": ["embed_tokens"], "ensure_weight_tying": True}, False),
    "saved-norms": ("tied", {**q, "modules_to_save": ["norm"]}, True),
    "saved-by-part-of-a-word": ("untied", {**q, "modules_to_save": ["_layernorm"]}, False),
    "saved-block": ("tied", {"r": 2, "target_modules": ["q_proj", "up_proj"], "modules_to_save": ["layers.0.mlp"]}, True),
    "saved-attention": ("untied", {"r": 2, "target_modules": ["q_proj", "up_proj"], "modules_to_save": ["1.self_attn"]}, False),
}

args = argparse.ArgumentParser()
args.add_argument("out", type=Path)
args.add_argument("--only", default="")
args.add_argument("--all", action="store_true")
args = args.parse_args()


def base(name):
    return AutoModelForCausalLM.from_pretrained(models[name], dtype=torch.float32, attn_implementation="eager").eval()


truth = {"input_ids": input_ids}
for name, (model, config, held) in variants.items():
    if args.only not in name or not (held or args.all):
        continue
    torch.manual_seed(7)
    tuned = get_peft_model(base(model), LoraConfig(task_type="CAUSAL_LM", lora_alpha=4, **config))
    for parameter in tuned.parameters():
        if parameter.requires_grad:
            parameter.data += 0.2 * torch.randn_like(parameter) * parameter.data.std().clamp(min=0.2)
    folder = args.out / name
    shutil.rmtree(folder, ignore_errors=True)
    tuned.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    # Where the base lay is of no use elsewhere.
    config_file = folder / "adapter_config.json"
    written = json.loads(config_file.read_text())
    written["base_model_name_or_path"] = models[model].name
    config_file.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")
    again = PeftModel.from_pretrained(base(model), folder).eval()
    with torch.no_grad():
        truth[f"{name}.logits"] = again(input_ids).logits[0].contiguous()
        merged = again.merge_and_unload()
        apart = (merged(input_ids).logits[0] - truth[f"{name}.logits"]).abs().max().item()
        moved = (base(model)(input_ids).logits[0] - truth[f"{name}.logits"]).abs().max().item()
    print(f"{name}: moves logits by {moved:.2f}; merged by PEFT {apart:.1e} away, tied {merged.config.tie_word_embeddings}")
save_file(truth, args.out / "truth.safetensors")
