"""Models of every family in sizes of one's own, as transformers computes them.

    python scripts/parity/families.py OUT_FOLDER [NAME …]

Writes OUT_FOLDER/families/NAME/ for every case below, or those named: config.json, model.safetensors,
expected.safetensors (input_ids, attention_mask, labels, logits, loss, grad.<parameter>) and generation.json (greedy
tokens of a batch padded on the left, with their log-probabilities). Then

    ATTUNE_FIXTURES=OUT_FOLDER npx vitest run --project parity families generation

holds Attune to them. Needs torch and transformers. The fixtures of phi3 and olmo2 in packages/model are cases of it.
"""

import json
import os
import sys

import torch
from safetensors.torch import save_file
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    Olmo2Config,
    Phi3Config,
    Qwen2Config,
    Qwen3Config,
    SmolLM3Config,
)

SMALL = dict(
    vocab_size=96, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6,
    num_key_value_heads=3, max_position_embeddings=128, bos_token_id=None, eos_token_id=2, pad_token_id=3,
)
LOCAL = {"rope_type": "default", "rope_theta": 10000.0}
GLOBAL = {"rope_type": "linear", "rope_theta": 1e6, "factor": 4.0}
GPT2 = dict(vocab_size=96, n_embd=24, n_layer=2, n_head=4, n_positions=64, resid_pdrop=0.0, embd_pdrop=0.0,
            attn_pdrop=0.0, bos_token_id=None, eos_token_id=2, pad_token_id=3)


def small(**more):
    return {**SMALL, **more}


CASES = {
    "llama-wide-heads": lambda: LlamaConfig(**small(head_dim=10, attention_bias=True, tie_word_embeddings=True)),
    "mistral-window5": lambda: MistralConfig(**small(head_dim=4, sliding_window=5)),
    "qwen2-untied": lambda: Qwen2Config(**small(num_attention_heads=4, num_key_value_heads=1)),
    "qwen2-window": lambda: Qwen2Config(**small(num_hidden_layers=3, use_sliding_window=True, sliding_window=6, max_window_layers=1)),
    "qwen3-bias": lambda: Qwen3Config(**small(head_dim=8, attention_bias=True)),
    "qwen3-window": lambda: Qwen3Config(**small(head_dim=8, num_hidden_layers=3, use_sliding_window=True, sliding_window=6, max_window_layers=2, tie_word_embeddings=True)),
    "gemma3-scaled": lambda: Gemma3TextConfig(**small(head_dim=8, num_hidden_layers=7, query_pre_attn_scalar=20, sliding_window=5, num_key_value_heads=1, rope_parameters={"sliding_attention": LOCAL, "full_attention": GLOBAL})),
    "gemma3-bias-untied": lambda: Gemma3TextConfig(**small(head_dim=8, attention_bias=True, sliding_window=4, layer_types=["full_attention", "sliding_attention"], tie_word_embeddings=False)),
    "gpt2-inner-untied": lambda: GPT2Config(**{**GPT2, "n_inner": 28, "tie_word_embeddings": False}),
    "gpt2-exact-gelu": lambda: GPT2Config(**{**GPT2, "activation_function": "gelu", "n_head": 2}),
    "phi3": lambda: Phi3Config(**small()),
    "phi3-window": lambda: Phi3Config(**small(num_attention_heads=4, num_key_value_heads=2, sliding_window=6, tie_word_embeddings=True)),
    "smollm3-bias": lambda: SmolLM3Config(**small(num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=5, attention_bias=True, mlp_bias=True)),
    "smollm3-window": lambda: SmolLM3Config(**small(num_attention_heads=4, num_key_value_heads=2, no_rope_layers=[0, 1], use_sliding_window=True, sliding_window=6, tie_word_embeddings=False)),
    "olmo2": lambda: Olmo2Config(**small()),
    "olmo2-bias-tied": lambda: Olmo2Config(**small(num_attention_heads=4, num_key_value_heads=1, attention_bias=True, tie_word_embeddings=True)),
    "phi3-longrope": lambda: Phi3Config(**small(num_attention_heads=3, num_key_value_heads=3, original_max_position_embeddings=64, rope_parameters={"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.2, 1.5, 3.0], "long_factor": [1.0, 2.0, 4.0, 9.0], "original_max_position_embeddings": 64})),
}


def make(folder, config, seed):
    config._attn_implementation = "eager"
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    # Fresh weights are too even: larger matrices, biases that are not 0, norms that are not 1.
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.add_(torch.randn_like(p) * 0.2)
            elif "embed" in name or "wte" in name or "wpe" in name:
                p.copy_(torch.randn_like(p) * 0.5)
            else:
                p.copy_(torch.randn_like(p) * 0.25)
    model.save_pretrained(folder)
    generator = torch.Generator().manual_seed(seed)
    draw = lambda n: torch.randint(4, config.vocab_size, (n,), generator=generator).tolist()
    width, short, pad = 30, 21, config.pad_token_id
    ids = torch.tensor([draw(width), draw(short) + [pad] * (width - short)])
    mask = torch.tensor([[1] * width, [1] * short + [0] * (width - short)])
    labels = ids.masked_fill(mask == 0, -100)
    labels[1, :6] = -100
    model.train()
    # The mean over all trained tokens, whatever the class makes of position 0.
    out = model(input_ids=ids, attention_mask=mask)
    logp = torch.log_softmax(out.logits[:, :-1], -1)
    target = labels[:, 1:]
    chosen = logp.gather(-1, target.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    loss = -chosen[target != -100].mean()
    loss.backward()
    tensors = {"input_ids": ids, "attention_mask": mask, "labels": labels, "logits": out.logits.detach(), "loss": loss.detach().reshape(1)}
    for name, p in model.named_parameters():
        tensors["grad." + name] = p.grad if p.grad is not None else torch.zeros_like(p)
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, os.path.join(folder, "expected.safetensors"), metadata={"format": "pt"})
    model.eval()
    prompts = [draw(7), draw(15)]
    longest = max(map(len, prompts))
    left = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts])
    left_mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    g = model.generate(input_ids=left, attention_mask=left_mask, max_new_tokens=12, do_sample=False, return_dict_in_generate=True, output_logits=True)
    steps = torch.stack(g.logits, 1).float()
    rows, margin = [], 1e9
    for i, prompt in enumerate(prompts):
        tokens = g.sequences[i, longest:].tolist()
        if config.eos_token_id in tokens:
            tokens = tokens[: tokens.index(config.eos_token_id) + 1]
        top = steps[i, : len(tokens)].topk(2, -1).values
        margin = min(margin, (top[:, 0] - top[:, 1]).min().item())
        chosen = torch.log_softmax(steps[i], -1)[torch.arange(len(tokens)), torch.tensor(tokens)]
        rows.append({"prompt": prompt, "tokens": tokens, "log_probs": [round(x, 7) for x in chosen.tolist()]})
    with open(os.path.join(folder, "generation.json"), "w") as file:
        json.dump({"max_new_tokens": 12, "eos_token_id": config.eos_token_id, "rows": rows}, file)
    return loss.item(), out.logits.std().item(), margin


if __name__ == "__main__":
    root, names = sys.argv[1], sys.argv[2:] or list(CASES)
    for seed, name in enumerate(CASES):
        if name not in names:
            continue
        folder = os.path.join(root, "families", name)
        os.makedirs(folder, exist_ok=True)
        loss, spread, margin = make(folder, CASES[name](), 100 + seed)
        print(f"{name:22} loss {loss:.4f}  logits' deviation {spread:.2f}  smallest lead {margin:.4f}", flush=True)
