"""Compares the float64 references of the preference losses with TRL's own trainers' loss functions.

    npm run build && python scripts/parity/losses.py

Needs torch and trl 1.16. The trainers' loss methods run on random log-probabilities in float64, without a model;
where TRL itself goes down to float32, so does the tolerance: ORPO's odds, the alpha divergence, EXO's smoothing, the
mean of the accuracies.
"""

import json
import pathlib
import subprocess
import sys
from collections import defaultdict
from types import SimpleNamespace

import torch
from trl import DPOTrainer, KTOTrainer
from trl.experimental.cpo import CPOTrainer
from trl.experimental.orpo import ORPOTrainer

PROMPT = 3
# Where rewards/accuracies stands behind the errors of loss and gradient.
ACCURACY = 4
PAIR_NAMES = [
    "rewards/chosen",
    "rewards/rejected",
    "rewards/accuracies",
    "rewards/margins",
    "logps/chosen",
    "logps/rejected",
]


class Accelerator:
    device = "cpu"

    def gather(self, x):
        return x

    gather_for_metrics = gather


def trainer(**fields):
    state = dict(
        model=SimpleNamespace(training=True),
        accelerator=Accelerator(),
        aux_loss_enabled=False,
        precompute_ref_logps=True,
        _metrics=defaultdict(lambda: defaultdict(list)),
        _total_train_tokens=0,
        _tp_size=1,
    )
    return SimpleNamespace(**{**state, **fields})


def answers(rows, generator, dtype=torch.float64):
    """Random per-token log-probabilities of `rows` completions of 1 to 9 tokens after a prompt."""
    lengths = torch.randint(1, 10, (rows,), generator=generator)
    width = PROMPT + 9
    place = torch.arange(width)
    mask = ((place >= PROMPT) & (place < PROMPT + lengths[:, None])).long()
    inside = mask[:, 1:].bool()
    draw = lambda scale: -scale * torch.rand((rows, width - 1), generator=generator, dtype=torch.float64)
    zero = torch.zeros((), dtype=torch.float64)
    logps = torch.where(inside, draw(4), zero).to(dtype).requires_grad_()
    ref = torch.where(inside, draw(4), zero).to(dtype)
    squares = torch.where(inside, draw(2), zero).to(dtype)
    bounds = [[r * (width - 1) + PROMPT - 1, r * (width - 1) + PROMPT - 1 + n] for r, n in enumerate(lengths.tolist())]
    return SimpleNamespace(lengths=lengths, mask=mask, logps=logps, ref=ref, squares=squares, bounds=bounds)


def outputs(made):
    blank = torch.zeros_like(made.logps)
    return SimpleNamespace(
        log_probs=made.logps,
        entropy=blank,
        mean_logits=blank,
        is_top1=blank.bool(),
        log_sum_sq_probs=made.squares,
    )


def first_slopes(made):
    """dloss by the sum of a row is dloss by its first completion token."""
    return made.logps.grad[:, PROMPT - 1].tolist()


def tokens(made, weights, squares=False, reference=True):
    flat = lambda x: x.detach().double().flatten().tolist()
    found = dict(logps=flat(made.logps), tokenWeights=weights, bounds=made.bounds)
    if reference:
        found["refLogps"] = flat(made.ref)
    if squares:
        found["logSumSquares"] = flat(made.squares)
    return found


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def dpo(seed, losses, beta=0.1, smoothing=0.0, divergence="reverse_kl", coef=0.5, tau=0.05, ld=None, wpo=False):
    pairs, generator = 7, torch.Generator().manual_seed(seed)
    single = divergence == "alpha_divergence"
    made = answers(2 * pairs, generator, torch.float32 if single else torch.float64)
    weights = torch.ones_like(made.logps, dtype=torch.float64)
    if ld is not None:
        shared = torch.minimum(*made.lengths.chunk(2)).repeat(2)
        weights[torch.arange(weights.size(1)) >= PROMPT - 1 + shared[:, None]] = ld
    ref = (made.ref * weights).sum(1).to(made.logps.dtype)
    state = trainer(
        ld_alpha=ld,
        f_divergence_type=divergence,
        f_alpha_divergence_coef=coef,
        loss_types=[name for name, _ in losses],
        loss_weights=[weight for _, weight in losses],
        beta=beta,
        label_smoothing=smoothing,
        use_weighting=wpo,
        args=SimpleNamespace(discopop_tau=tau),
    )
    batch = dict(
        input_ids=made.mask,
        attention_mask=torch.ones_like(made.mask),
        completion_mask=made.mask,
        ref_chosen_logps=ref[:pairs],
        ref_rejected_logps=ref[pairs:],
    )
    loss = DPOTrainer._compute_loss(state, lambda **_: outputs(made), batch, False)
    loss.backward()
    case = dict(
        losses=[["dpo" + camel(name), weight] for name, weight in losses],
        options=dict(
            beta=beta,
            labelSmoothing=smoothing,
            fDivergenceType=divergence,
            fAlphaDivergenceCoef=coef,
            discopopTau=tau,
        ),
        tokens=tokens(made, weights.flatten().tolist(), wpo),
        lengths=made.lengths.tolist(),
        scale=1 / pairs,
    )
    logged = [state._metrics["train"][name][-1] * pairs for name in PAIR_NAMES]
    exo = any(name == "exo_pair" for name, _ in losses)
    return case, loss.item(), first_slopes(made), logged, 2e-5 if single else 1e-6 if exo else 1e-10


def kto(seed, loss_type, beta=0.1, desirable=1.0, undesirable=1.0, drift=0.0):
    rows, generator = 9, torch.Generator().manual_seed(seed)
    made = answers(rows, generator)
    labels = (torch.arange(rows) % 3 != 1).long()
    normal = lambda: torch.randn(rows, generator=generator, dtype=torch.float64)
    ref_kl = -30 + 5 * normal()
    kl = ref_kl + normal() + drift
    state = trainer(
        calculate_KL=loss_type == "kto",
        loss_type=loss_type,
        beta=beta,
        desirable_weight=desirable,
        undesirable_weight=undesirable,
        _compute_kl_logps=lambda *_: kl,
    )
    batch = dict(
        input_ids=made.mask,
        attention_mask=torch.ones_like(made.mask),
        completion_mask=made.mask,
        label=labels,
        ref_logps=made.ref.sum(1),
        ref_KL_logps=ref_kl,
    )
    loss = KTOTrainer._compute_loss(state, lambda **_: outputs(made), batch, False)
    loss.backward()
    case = dict(
        losses=[["kto" if loss_type == "kto" else "apoZeroUnpaired", 1]],
        options=dict(beta=beta, desirableWeight=desirable, undesirableWeight=undesirable),
        tokens=tokens(made, [1] * made.logps.numel()),
        labels=labels.tolist(),
        scale=1 / rows,
    )
    if loss_type == "kto":
        case.update(klLogps=kl.tolist(), refKlLogps=ref_kl.tolist())
    chosen = labels.sum().item()
    metric = lambda name: state._metrics["train"][name][-1]
    logged = [chosen, rows - chosen]
    for name in ("rewards", "logps"):
        logged += [metric(f"{name}/chosen") * chosen, metric(f"{name}/rejected") * (rows - chosen)]
    return case, loss.item(), first_slopes(made), [*logged, metric("kl")], 1e-10


def free(seed, trainer_class, operation, averages, beta=0.1, **options):
    """ORPO and CPO, which need no reference model."""
    pairs, generator = 7, torch.Generator().manual_seed(seed)
    made = answers(2 * pairs, generator)
    # Averages are taken by weights 1 / n, so that the slopes are those by the averages.
    share = 1 / made.lengths[:, None] if averages else torch.ones(2 * pairs, 1)
    weights = share.double().expand_as(made.logps)
    rows = (made.logps.detach() * weights).sum(1).requires_grad_()
    state = trainer(
        beta=beta,
        loss_type="sigmoid" if operation == "orpo" else operation.removeprefix("cpo").lower(),
        label_smoothing=options.get("labelSmoothing", 0.0),
        simpo_gamma=options.get("simpoGamma", 0.5),
        alpha=options.get("alpha", 0.0),
    )
    own = []
    if operation == "orpo":
        found = trainer_class.odds_ratio_loss(state, *rows.chunk(2))
        loss, own = -found[0].mean(), [found[3].item() * pairs, found[4].item() * pairs]
    else:
        found = trainer_class.cpo_loss(state, *rows.chunk(2))
        loss = found[0].mean()
    loss.backward()
    case = dict(
        losses=[[operation, 1]],
        options=dict(beta=beta, **options),
        tokens=tokens(made, weights.flatten().tolist(), reference=False),
        lengths=made.lengths.tolist(),
        scale=1 / pairs,
    )
    chosen, rejected = found[1], found[2]
    logged = [x.sum().item() for x in (chosen, rejected, (chosen > rejected).double(), chosen - rejected)]
    logged += [x.sum().item() for x in rows.detach().chunk(2)]
    return case, loss.item(), rows.grad.tolist(), logged + own, 2e-5 if operation == "orpo" else 1e-10


def cases():
    plain = "sigmoid hinge ipo nca_pair bco_pair sppo_hard apo_zero apo_down discopop sft sigmoid_norm".split()
    scored = "sigmoid hinge ipo robust exo_pair discopop sigmoid_norm".split()
    seed = 0
    for name in [*plain, "robust", "exo_pair", "aot", "aot_unpaired"]:
        smoothing = 0.0 if name in plain else 0.1
        for more in ({}, {"wpo": True}, {"ld": 0.4}):
            if name == "sft" and "ld" in more:
                continue  # plain sums beside those of LD-DPO: two sets of log-probabilities, the trainer's affair
            seed += 1
            label = " ".join([f"dpo {name}", *more])
            yield label, lambda s=seed, n=name, e=smoothing, m=more: dpo(s, [(n, 1.0)], smoothing=e, **m)
    for divergence in ("forward_kl", "js_divergence", "alpha_divergence"):
        for name in scored:
            seed += 1
            yield f"dpo {name} {divergence}", lambda s=seed, n=name, d=divergence: dpo(
                s, [(n, 1.0)], beta=0.3, smoothing=0.1, divergence=d, coef=0.3
            )
    mixture = [("sigmoid", 0.8), ("bco_pair", 0.2), ("sft", 1.0)]
    yield "dpo sigmoid + bco_pair + sft", lambda: dpo(901, mixture)
    yield "dpo sigmoid + bco_pair + sft wpo", lambda: dpo(902, mixture, wpo=True)
    yield "dpo discopop tau 0.4", lambda: dpo(903, [("discopop", 1.0)], tau=0.4)
    yield "kto", lambda: kto(911, "kto", drift=1.0, desirable=1.3, undesirable=0.7)
    yield "kto, z held at 0", lambda: kto(912, "kto", drift=-5.0, beta=0.3)
    yield "kto apo_zero_unpaired", lambda: kto(913, "apo_zero_unpaired", desirable=0.5)
    yield "orpo", lambda: free(921, ORPOTrainer, "orpo", True, 0.2)
    for alpha in (0.0, 0.25, -0.3):
        yield f"cpo sigmoid alpha {alpha}", lambda a=alpha: free(
            931, CPOTrainer, "cpoSigmoid", False, alpha=a, labelSmoothing=0.1
        )
        yield f"cpo hinge alpha {alpha}", lambda a=alpha: free(932, CPOTrainer, "cpoHinge", False, alpha=a)
        yield f"cpo ipo alpha {alpha}", lambda a=alpha: free(933, CPOTrainer, "cpoIpo", True, 0.5, alpha=a)
        yield f"cpo simpo alpha {alpha}", lambda a=alpha: free(
            934, CPOTrainer, "simpo", True, 2.0, alpha=a, labelSmoothing=0.05, simpoGamma=0.8
        )


def worst(found, expected):
    """Largest difference over the largest number; different lengths count as infinite."""
    if len(found) != len(expected):
        return float("inf")
    scale = max(1e-30, *(abs(x) for x in expected))
    return max((abs(a - b) for a, b in zip(found, expected)), default=0.0) / scale


def main():
    named, refused = [], []
    for label, make in cases():
        try:
            named.append((label, make()))
        except RuntimeError as error:
            # TRL multiplies by WPO's weights in place, which torch refuses for relu's output and for expanded tensors.
            if "wpo" not in label or not ("inplace" in str(error) or "single memory location" in str(error)):
                raise
            refused.append(label)
    script = pathlib.Path(__file__).with_name("losses.mjs")
    asked = json.dumps([case for _, (case, *_) in named])
    reply = subprocess.run(["node", script], input=asked, capture_output=True, text=True, check=True).stdout
    failed = 0
    for (label, (_, loss, slopes, logged, tolerance)), ours in zip(named, json.loads(reply), strict=True):
        errors = [worst([ours["loss"]], [loss]), worst(ours["gradient"], slopes)]
        errors += [worst([a], [b]) for a, b in zip(ours["metrics"], logged, strict=True)]
        paired = "kto" not in label
        right = max(e for i, e in enumerate(errors) if not (paired and i == ACCURACY)) < tolerance
        right = right and errors[ACCURACY] < max(1e-6, tolerance)
        failed += not right
        print(f"{'ok  ' if right else 'FAIL'} {label}: loss {errors[0]:.1e} gradient {errors[1]:.1e} metrics {max(errors[2:]):.1e}")
    for label in refused:
        print(f"no comparison for {label}: TRL's own step raises an error")
    print(f"{len(named)} cases, {failed} failed, {len(refused)} without comparison")
    sys.exit(1 if failed else 0)


main()
