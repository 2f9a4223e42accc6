"""Scores of reward models both ways: ours read by transformers and PEFT, theirs read by us.

    npm run build && python scripts/parity/reward_scores.py FIXTURES/reward [--device swiftshader]

For each case with scores.json (rows that the trained model has not seen, and what TRL's model gives them):
  ours    `attune reward` trains by the recipe; what it leaves scores the rows by `attune score` and, opened as
          AutoModelForSequenceClassification (and PEFT), by transformers;
  fresh   a language model that `attune reward` gave a head and trained whole: by both, too
  theirs  the weights or the adapter that TRL left score the rows by `attune score`.
Needs torch, transformers and peft. Exits with 1 where two scores of a row differ by more than 1e-5 (of 1 where
scores are smaller).
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification
from transformers.utils import logging

BAR = 1e-5
ATTUNE = pathlib.Path(__file__).parents[2] / "packages/attune/bin/attune.mjs"
SIDES = ["chosen", "rejected"]


def attune(*words, cwd):
    done = subprocess.run(
        ["node", str(ATTUNE), *map(str, words)],
        cwd=cwd,
        env={**os.environ, "ATTUNE_NO_BUILD": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"attune {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")


def scored_by_attune(model, adapter, rows, device, scratch):
    """What `attune score` gives to the rows, chosen and rejected by turns."""
    source, target = scratch / "rows.jsonl", scratch / "scores.jsonl"
    ids = [{f"{side}_ids": row[f"{side}_ids"] for side in SIDES} for row in rows]
    source.write_text("".join(json.dumps(row) + "\n" for row in ids))
    more = ["--adapter_name_or_path", adapter] if adapter else []
    attune(
        *["score", "--model_name_or_path", model, *more, "--device", device, "--input", source, "--output", target],
        cwd=scratch,
    )
    return values([json.loads(line) for line in target.read_text().splitlines()])


def scored_by_transformers(model, adapter, rows):
    """The same by AutoModelForSequenceClassification, each row alone."""
    judge = AutoModelForSequenceClassification.from_pretrained(
        model, num_labels=1, dtype=torch.float32, attn_implementation="eager"
    )
    if adapter:
        judge = PeftModel.from_pretrained(judge, adapter)
    judge.eval()
    with torch.no_grad():
        return [
            judge(input_ids=torch.tensor([row[f"{side}_ids"]])).logits.item() for row in rows for side in SIDES
        ]


def values(rows):
    return [row[f"{side}_score"] for row in rows for side in SIDES]


def apart(a, b):
    return max(abs(x - y) / max(1.0, abs(y)) for x, y in zip(a, b, strict=True))


def recorded(case, model, scratch):
    """(model, adapter) as TRL left them; None where the fixture keeps no weights."""
    if (case / "adapter").exists():
        return model, case / "adapter"
    if not (case / "final.safetensors").exists():
        return None
    folder = scratch / "theirs"
    shutil.copytree(model, folder)
    shutil.copyfile(case / "final.safetensors", folder / "model.safetensors")
    return folder, None


def main():
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    arguments = argparse.ArgumentParser()
    arguments.add_argument("fixtures", type=pathlib.Path)
    arguments.add_argument("--device", default="auto")
    given = arguments.parse_args()
    failed = False
    print(f"{'case':24}  ours: attune-transformers  ours-recorded  theirs: attune-recorded")
    for case in sorted(given.fixtures.resolve().iterdir()):
        if not (case / "scores.json").exists():
            continue
        rows = json.loads((case / "scores.json").read_text())
        recipe = dict(line.split(": ", 1) for line in (case / "recipe.yaml").read_text().splitlines() if ": " in line)
        model = (case / recipe["model_name_or_path"]).resolve()
        with tempfile.TemporaryDirectory() as name:
            scratch = pathlib.Path(name)
            out = scratch / "ours"
            initial = ["--adapter_name_or_path", "initial"] if (case / "initial").exists() else []
            attune(
                *["reward", "--config", "recipe.yaml", "--output_dir", out, "--device", given.device, *initial],
                cwd=case,
            )
            ours = (model, out) if initial else (out, None)
            by_attune = scored_by_attune(*ours, rows, given.device, scratch)
            by_transformers = scored_by_transformers(*ours, rows)
            theirs = recorded(case, model, scratch)
            errors = [apart(by_attune, by_transformers), apart(by_attune, values(rows))]
            if theirs:
                errors.append(apart(scored_by_attune(*theirs, rows, given.device, scratch), values(rows)))
            if case.name == "lora-from-lm":
                fresh = scratch / "fresh"
                attune(
                    *["reward", "--config", "recipe.yaml", "--output_dir", fresh, "--device", given.device],
                    *["--use_peft", "false", "--learning_rate", "1e-3"],
                    cwd=case,
                )
                by_attune = scored_by_attune(fresh, None, rows, given.device, scratch)
                error = apart(by_attune, scored_by_transformers(fresh, None, rows))
                failed = failed or not error <= BAR
                print(f"{'fresh head, all trained':24}  {error:21.1e}")
        failed = failed or not all(error <= BAR for error in errors)
        print(f"{case.name:24}  {'  '.join(f'{error:21.1e}' for error in errors)}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
