"""Trains branches of the liveness network to imitate their teachers, step by step, on shards that generate.py writes.

First every step learns by itself: from the teacher's own input of that step it must give the teacher's output. Then the branch runs from
end to end and must match all of them and the logits. The teacher answers the very crop that the branch sees, however that was changed; its logits
are averaged with those of another crop of the same face, of which it should say the same and doesn't: placed otherwise, in a mirror, or in a good picture.
Branches that are trained together must besides give the mean of their teachers' answers as the mean of theirs, so that what one can't see the other makes up for.
Runs for a set time, so that a slow or busy machine gets a full learning-rate schedule too; checkpoints hold the averaged weights."""
import argparse
import copy
import hashlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F

import evaluate
from augment import augmented_pairs
from files import replacing, shards_of
from network import CLIP, FREE, LAST, LIVE, Branch, from_published, live_logit, restored
from teachers import OF_BRANCH, of_branch

# Options that say where something lies, which is no setting of a run.
FILES, OPTIONAL_FILES = ("data", "peers", "pack", "prepared", "shards", "out"), ("cases", "resume", "source")
BESIDE = {"place": 1, "good": 2}  # which other crop of a sample (generate.CROPS) the teacher answers too


def enough(shards, folder):
    """Ends the program where a folder has too few shards."""
    if len(shards) < 2:
        raise SystemExit(f"--shards: number of shards in {folder}: {len(shards)}; at least 2 are needed, one of them to measure on")


class Samples:
    """All shards in memory, of each sample and view the crop that a branch sees and one BESIDE it; new shards are taken in as they come. The first
    at the start is kept apart to measure on. With answer, which says what is wanted of pairs by view, samples are drawn so that all answers come about as
    often: left to themselves most are unsure, and a branch then shrinks towards those what it is taught of a good picture."""

    def __init__(self, folder, views, rng, beside, answer=None):
        self.folder, self.views, self.rng, self.beside, self.answer = folder, views, rng, beside, answer
        self.loaded, self.answers, self.first = {}, {}, None
        self.refresh()

    def refresh(self):
        fresh = [n for n in shards_of(self.folder) if n not in self.loaded]
        for name in fresh:
            with np.load(name) as content:
                self.loaded[name] = {view: torch.from_numpy(content[view][:, [0, BESIDE[self.beside]]]) for view in self.views}
            if self.answer:
                self.answers[name] = self.answer({view: pairs.numpy() for view, pairs in self.loaded[name].items()})
        enough(self.loaded, self.folder)
        if not fresh:
            return
        self.first = self.first or fresh[0]
        self.listed = [(n, i) for n, shard in self.loaded.items() if n != self.first for i in range(len(shard[self.views[0]]))]
        weights = balance(np.concatenate([a for n, a in self.answers.items() if n != self.first])) if self.answer else np.ones(len(self.listed))
        self.drawn = np.cumsum(weights / weights.sum())

    @property
    def held_out(self):
        return self.loaded[self.first]

    def batch(self, size):
        """Pairs by view, of the same samples."""
        listed = [self.listed[i] for i in np.searchsorted(self.drawn, self.rng.random(size) * self.drawn[-1])]
        return {view: torch.stack([self.loaded[name][view][i] for name, i in listed]) for view in self.views}


def balance(answers, rarest=0.02):
    """Weights that make all answers, in steps of one from -CLIP to CLIP, come equally often, those rarer than rarest of all somewhat less so."""
    steps = np.clip(answers + CLIP, 0, 2 * CLIP - 1e-3).astype(int)
    share = np.bincount(steps, minlength=int(2 * CLIP)) / len(steps)
    return 1 / np.maximum(share, rarest)[steps]


class Scale:
    """A moving mean of how much each step's output varies, which makes the steps' errors comparable."""

    def __init__(self):
        self.values = {}

    def __call__(self, step, target):
        target = target.float()
        now = (target.square().mean((0, 2, 3)) - target.mean((0, 2, 3)).square()).mean().item()  # a sixth of what var takes
        self.values[step] = now if step not in self.values else 0.99 * self.values[step] + 0.01 * now
        return self.values[step] + 1e-6


def step_errors(branch, inputs, targets, scale):
    """Each step's squared error over the variance of what it has to add, from the teacher's own inputs."""
    errors = []
    for i, (step, x, target) in enumerate(zip(branch.steps, inputs, targets)):
        residual = getattr(step, "residual", False)
        wanted = target - x if residual else target
        errors.append(F.mse_loss(step(x).float(), target.float()) / scale(i, wanted))
    return errors


def chained_errors(branch, x, targets, scale):
    """The same with each step fed by the one before, and the last map, at the ends of stages: what is between may find its own way, and every comparison
    takes time. A last map that slim.py has made narrower can't be compared."""
    errors = []
    for i, (step, target) in enumerate(zip(branch.steps, targets)):
        x = step(x)
        ends = i + 1 == len(branch.steps) or not getattr(branch.steps[i + 1], "residual", False)
        if ends and x.shape == target.shape:
            errors.append(F.mse_loss(x.float(), target.float()) / scale(("chained", i), target))
    return errors, x


def clipped(logits, live):
    return live_logit(logits.float(), live).clamp(-CLIP, CLIP)


def logit_error(got, seen, beside, trust, live):
    """Of the live logit, which is what is used, and of the differences of the classes. What is wanted lies between the teacher's answer to the crop that
    the branch sees and that to the one beside it, whose share is trust."""
    got, want = got.float(), torch.lerp(seen.float(), beside.float(), trust)
    live_error = mean_error([live_logit(got, live)], [torch.lerp(clipped(seen, live), clipped(beside, live), trust)])
    return live_error + 0.3 * F.smooth_l1_loss(got - got.mean(1, keepdim=True), want - want.mean(1, keepdim=True))


def mean_error(got, wanted):
    """Of the mean of several branches' live logits, where the mean of wanted is wanted; of a branch that is surer than the limit it is none."""
    got = [torch.where((w.abs() >= CLIP) & (g * w.sign() > CLIP), w, g) for g, w in zip(got, wanted)]
    return F.smooth_l1_loss(sum(got) / len(got), sum(wanted) / len(wanted))


def learning_rate(progress, peak, warm_up=0.02):
    """Linear warm-up, then cosine to zero; progress 0..1."""
    if progress < warm_up:
        return peak * progress / warm_up
    return peak * 0.5 * (1 + np.cos(np.pi * (progress - warm_up) / (1 - warm_up)))


@torch.no_grad()
def update_average(average, network, decay):
    for a, b in zip(average.parameters(), network.parameters()):
        a.lerp_(b, 1 - decay)


def fidelity(got, want):
    """Correlation of live logits with the teacher's, both clipped, the mean absolute difference, and the slope of a line through them: below one, a
    branch says less than its teacher."""
    return {"correlation": round(float(np.corrcoef(got, want)[0, 1]), 4), "difference": round(float(np.abs(got - want).mean()), 3),
            "slope": round(float(np.polyfit(want, got, 1)[0]), 3)}


class Learner:
    """A branch and its teacher."""

    def __init__(self, name, options):
        self.name, self.live, self.options = name, LIVE[name], options
        self.teacher = of_branch(name, [options.peers, options.pack])
        self.branch = restored(name, options.resume) if options.resume else Branch(name)
        if name == FREE and not options.resume:
            from_published(self.branch, self.teacher)
        if options.apart > 0 and len(self.branch.whole) != LAST:
            raise SystemExit("--apart: the last map of a branch that slim.py has made narrower has no target; allowed is 0")
        self.branch = self.branch.to(memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self.branch)
        self.scale = Scale()

    def lesson(self, pairs, generator, chained, phase):
        """The branch's loss, the live logits that it gives and those that are wanted. phase: how much of the time for this kind of step is over. What
        the steps give counts less and less beside the logits."""
        o = self.options
        x, again = augmented_pairs(pairs, generator)
        steps, seen = self.teacher.imitated(x)
        if chained:
            errors, last = chained_errors(self.branch, x, steps, self.scale)
        else:
            errors, last = step_errors(self.branch, [x, *steps[:-1]], steps, self.scale), steps[-1]
        logits, beside = self.branch.logits(last), self.answer(again)
        wrong = o.alone * logit_error(logits, seen, beside, o.trust, self.live)
        loss = torch.stack(errors).mean() * (o.guide * (1 - 0.75 * phase) if chained else 10) + wrong
        return loss, live_logit(logits.float(), self.live), torch.lerp(clipped(seen, self.live), clipped(beside, self.live), o.trust)

    def answer(self, x):
        return self.teacher(x)[self.teacher.output_names[0]]

    @torch.no_grad()
    def one_answer(self, crops):
        """The teacher's live logit of each crop, clipped. crops: N×side×side×3 uint8."""
        return np.concatenate([clipped(self.answer(x), self.live).numpy() for x in evaluate.planes(crops)])

    def wanted_of(self, pairs):
        """What is wanted of every sample. pairs: N×2×side×side×3 uint8."""
        trust = self.options.trust
        return (1 - trust) * self.one_answer(pairs[:, 0]) + trust * self.one_answer(pairs[:, 1])

    def settled(self, placed):
        """The teacher's live logits of faces, each averaged over its places and mirrors. placed: N×places×side×side×3 uint8."""
        places = [crops for k in range(placed.shape[1]) for crops in (placed[:, k], placed[:, k, :, ::-1])]
        return np.mean([self.one_answer(crops) for crops in places], 0)

    def said(self, placed):
        """The averaged branch's live logits of faces at their first place, clipped."""
        return evaluate.score_branch(self.average, placed[:, 0]).clip(-CLIP, CLIP)


class Run:
    """Trains the branches side by side, each on a core of its own."""

    def __init__(self, options):
        self.options = options
        self.rng, self.generator = np.random.default_rng(options.seed), torch.Generator().manual_seed(options.seed)
        self.learners = [Learner(name, options) for name in options.branches]
        self.cores = ThreadPoolExecutor(len(self.learners), initializer=torch.set_num_threads, initargs=(1,))
        self.parameters = [p for learner in self.learners for p in learner.branch.parameters()]
        self.samples = Samples(options.shards, options.branches, self.rng, options.beside, self.wanted_of if options.balance else None)
        cases = evaluate.load_cases(options.data, options.peers, options.pack, options.cases)
        self.measured = {name: {branch: cases[branch][inside] for branch in options.branches}
                         for name, inside in evaluate.measured_while_training(cases).items()}
        self.measured["held_out"] = {branch: pairs.numpy() for branch, pairs in self.samples.held_out.items()}
        self.wanted = {name: self.of_each(Learner.settled, placed) for name, placed in self.measured.items()}
        self.record = describe(options)

    def of_each(self, ask, crops):
        """What every learner answers, asked side by side. crops: by view."""
        return list(self.cores.map(lambda learner: ask(learner, crops[learner.name]), self.learners))

    def wanted_of(self, pairs):
        """What is wanted of every sample as the mean of the branches. pairs: N×2×side×side×3 uint8 by view."""
        return np.mean(self.of_each(Learner.wanted_of, pairs), 0)

    def optimizer(self):
        return torch.optim.AdamW(self.parameters, lr=0, weight_decay=self.options.weight_decay)

    def train(self):
        o = self.options
        optimizer = self.optimizer()
        start, step, chained = time.time(), 0, False
        while (progress := (time.time() - start) / (60 * o.minutes)) < 1:
            if not chained and progress >= o.apart:
                chained = True
                optimizer = self.optimizer()
                for learner in self.learners:
                    learner.average.load_state_dict(learner.branch.state_dict())
            phase = (progress - o.apart) / (1 - o.apart) if chained else progress / o.apart
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(phase, o.rate_chained if chained else o.rate)
            optimizer.zero_grad(set_to_none=True)
            loss = self.backward(chained, phase)
            torch.nn.utils.clip_grad_norm_(self.parameters, o.clip)
            optimizer.step()
            for learner in self.learners:
                update_average(learner.average, learner.branch, min(o.decay, (step + 1) / (step + 10)))
            step += 1
            if step % o.every == 0:
                self.samples.refresh()
                self.checkpoint(step, time.time() - start, loss, chained)
        self.checkpoint(step, time.time() - start, loss, chained)

    def backward(self, chained, phase):
        """Leaves the gradients of one batch and gives its loss."""
        batch, state = self.samples.batch(self.options.batch), self.generator.get_state()

        def lesson(learner):
            # All views of a sample are changed alike.
            return learner.lesson(batch[learner.name], torch.Generator().set_state(state), chained, phase)

        losses, said, wanted = zip(*self.cores.map(lesson, self.learners))
        self.generator.manual_seed(int(self.rng.integers(2**62)))
        together, slopes = self.together(said, wanted)
        list(self.cores.map(lambda loss, live, slope: torch.autograd.backward((loss, live), (None, slope)), losses, said, slopes))
        return sum(loss.item() for loss in losses) + together

    def together(self, said, wanted):
        """The error of the branches' mean, and its slopes by what each has said."""
        if len(said) == 1:
            return 0.0, [torch.zeros_like(said[0])]
        said = [live.detach().requires_grad_() for live in said]
        error = self.options.together * mean_error(said, wanted)
        return error.item(), torch.autograd.grad(error, said)

    def checkpoint(self, step, seconds, loss, chained):
        o = self.options
        line = {"step": step, "samples": step * o.batch, "seconds": round(seconds), "shards": len(self.samples.loaded), "chained": chained,
                "loss": round(loss, 3)}
        for name, placed in self.measured.items():
            said, wanted = self.of_each(Learner.said, placed), self.wanted[name]
            line[name] = {branch: fidelity(*of_branch) for branch, *of_branch in zip(o.branches, said, wanted)}
            line[name]["mean"] = fidelity(np.mean(said, 0), np.mean(wanted, 0))
        self.record["history"].append(line)
        for learner in self.learners:
            with replacing(os.path.join(o.out, learner.name + ".pt")) as file:
                torch.save({"branch": learner.average.state_dict()}, file)
        with replacing(os.path.join(o.out, "-".join(o.branches) + ".json"), "w") as file:
            json.dump(self.record, file, indent=1)
        print(json.dumps(line), flush=True)


def settings_of(options):
    """The options that are settings of a run: neither what is taught nor where something lies."""
    return {name: value for name, value in vars(options).items() if name not in {"branch", "branches", *FILES, *OPTIONAL_FILES}}


def describe(options):
    with open(options.prepared, "rb") as file:
        content = file.read()
    pictures = {p["path"]: p["sha256"] for p in json.loads(content)["pictures"]}
    return {"branches": options.branches, "settings": settings_of(options), "prepared_sha256": hashlib.sha256(content).hexdigest(),
            "torch": torch.__version__, "pictures": pictures, "history": []}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in FILES:
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--branches", required=True, nargs="+", choices=list(OF_BRANCH))
    parser.add_argument("--cases", help="file that keeps the evaluation crops between calls")
    parser.add_argument("--resume", help="folder with checkpoints of the branches, or network that export.py wrote, to start from")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--apart", type=float, default=0.4, help="share of the time in which every step learns by itself")
    parser.add_argument("--balance", action=argparse.BooleanOptionalAction, default=True, help="draw samples so that all the teacher's answers come as often")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--beside", choices=list(BESIDE), default="place", help="the crop whose answer counts too: the same picture elsewhere, or a good picture")
    parser.add_argument("--trust", type=float, default=0.5, help="share of that answer in what is wanted")
    parser.add_argument("--alone", type=float, default=1, help="weight of each branch's own logits")
    parser.add_argument("--together", type=float, default=2, help="weight of the mean of the branches' live logits, where there are several")
    parser.add_argument("--guide", type=float, default=2, help="weight of the steps beside the logits at first; a quarter of it at last")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--rate-chained", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.998, help="of the averaged weights")
    parser.add_argument("--weight-decay", type=float, default=1e-5)
    parser.add_argument("--clip", type=float, default=5.0, help="of the gradient's norm")
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    os.makedirs(options.out, exist_ok=True)
    Run(options).train()


if __name__ == "__main__":
    main()
