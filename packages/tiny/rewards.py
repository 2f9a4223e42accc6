"""What GRPO and RLOO reward in the recipes here; rewards.mjs is the same for attune."""

import json
import pathlib
import re

LEXICON = json.loads((pathlib.Path(__file__).parent / "data/tone-lexicon.json").read_text())


def cheerful(completions, **_):
    """1 for a cheerful story (at least two words that the lexicon calls good, none that it calls bad), else 0."""
    stories = [completion[0]["content"].lower() for completion in completions]
    valences = [[LEXICON.get(word, 0) for word in re.findall(r"[a-z']+", story)] for story in stories]
    return [float(sum(v > 0 for v in vs) >= 2 and all(v >= 0 for v in vs)) for vs in valences]
