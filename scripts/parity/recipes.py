"""Reads every recipe of this repository with TRL's own parser, and its data set with TRL's own loader.

    python scripts/parity/recipes.py

packages/tiny/recipes/COMMAND.yaml (or MORE-COMMAND.yaml) is read as `trl COMMAND --config` reads it: an unknown key or a
value of another kind fails. IPO's command is dpo, SimPO's CPO, which like ORPO TRL has as trainers only. Needs trl 1.16.
Exits with 1 where a recipe is not read.
"""

import contextlib
import os
import pathlib
import sys

from trl import (
    DatasetMixtureConfig,
    DPOConfig,
    KTOConfig,
    ModelConfig,
    RewardConfig,
    ScriptArguments,
    SFTConfig,
    TrlParser,
    get_dataset,
)
from trl.experimental.cpo import CPOConfig
from trl.experimental.orpo import ORPOConfig

CONFIGS = {
    "sft": SFTConfig,
    "reward": RewardConfig,
    "dpo": DPOConfig,
    "ipo": DPOConfig,
    "kto": KTOConfig,
    "orpo": ORPOConfig,
    "cpo": CPOConfig,
    "simpo": CPOConfig,
}
FOLDER = pathlib.Path(__file__).parents[2] / "packages/tiny"


def main():
    os.chdir(FOLDER)
    failed = False
    for path in sorted(pathlib.Path("recipes").glob("*.yaml")):
        command = path.stem.split("-")[-1]
        if command not in CONFIGS:
            print(f"{path.name}: not read: nothing of TRL is called {command}")
            failed = True
            continue
        parser = TrlParser((ScriptArguments, CONFIGS[command], ModelConfig, DatasetMixtureConfig))
        try:
            words = ["--config", str(path)]
            _, training, model, mixture = parser.parse_args_and_config(args=words, fail_with_unknown_args=True)
            with open(os.devnull, "w") as silence, contextlib.redirect_stderr(silence):
                rows = get_dataset(mixture)["train"]
        except (Exception, SystemExit) as error:
            failed = True
            print(f"{path.name}: not read: {error}")
            continue
        print(
            f"{path.name}: read as {CONFIGS[command].__name__}, learning rate {training.learning_rate}, "
            f"{'LoRA' if model.use_peft else 'all parameters'}, {len(rows)} rows of {', '.join(rows.column_names)}"
        )
    sys.exit(failed)


if __name__ == "__main__":
    main()
