"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import copy
import os
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F

from augment import _blurred, augmented, augmented_pairs
from average import averaged
from network import CLIP, LIVE, Branch, live_logit, widths_of
from train import Learner, Run, Samples, Scale, balance, chained_errors, learning_rate, logit_error, mean_error, step_errors


class Graph:
    """A branch as a teacher's graph."""

    output_names = ["logits"]

    def __init__(self, branch):
        self.branch = branch

    @torch.no_grad()
    def __call__(self, x):
        return {"logits": self.branch(x)}

    @torch.no_grad()
    def imitated(self, x):
        steps = []
        for step in self.branch.steps:
            steps.append(step(steps[-1] if steps else x))
        return steps, self.branch.logits(steps[-1])


def learner(name, options):
    made = Learner.__new__(Learner)
    made.name, made.live, made.options, made.scale = name, LIVE[name], options, Scale()
    made.teacher, made.branch = Graph(Branch(name).eval()), Branch(name).train()
    return made


class Together(unittest.TestCase):
    options = SimpleNamespace(batch=4, alone=0.5, together=2, guide=0.3, trust=0.6)

    def run_of(self, names, pairs):
        run = Run.__new__(Run)
        run.options, run.rng, run.generator = self.options, np.random.default_rng(1), torch.Generator().manual_seed(1)
        run.learners, run.cores = [learner(name, self.options) for name in names], ThreadPoolExecutor(len(names))
        run.samples = SimpleNamespace(batch=lambda size: pairs)
        self.addCleanup(run.cores.shutdown)
        return run

    def test_what_one_says_too_much_another_may_say_too_little(self):
        wanted = [torch.tensor([1.0, -3.0]), torch.tensor([2.0, 4.0])]
        self.assertAlmostEqual(0, mean_error([wanted[0] + 1.5, wanted[1] - 1.5], wanted).item(), places=5)
        self.assertGreater(mean_error([wanted[0] + 1.5, wanted[1]], wanted).item(), 0.25)

    def test_who_is_surer_than_the_limit_is_right(self):
        wanted = [torch.tensor([CLIP]), torch.tensor([-CLIP])]
        self.assertEqual(0, mean_error([wanted[0] + 5, wanted[1] - 9], wanted).item())
        self.assertGreater(mean_error([wanted[0] - 5, wanted[1] - 9], wanted).item(), 1)

    def test_gradients_are_those_of_one_loss(self):
        torch.manual_seed(5)
        crops = torch.randint(0, 256, (4, 2, 80, 80, 3), dtype=torch.uint8)
        run = self.run_of(["wide", "far"], {"wide": crops, "far": crops.flip(0)})
        same = copy.deepcopy(run.learners)
        state = run.generator.get_state()
        loss = run.backward(True, 0.5)
        lessons = [l.lesson(p, torch.Generator().set_state(state), True, 0.5) for l, p in zip(same, (crops, crops.flip(0)))]
        want = sum(loss for loss, _, _ in lessons) + 2 * mean_error([said for _, said, _ in lessons], [wanted for _, _, wanted in lessons])
        want.backward()
        self.assertAlmostEqual(want.item(), loss, places=3)
        for mine, other in zip(run.learners, same):
            for (name, a), b in zip(mine.branch.named_parameters(), other.branch.parameters()):
                self.assertLess((a.grad - b.grad).abs().max().item(), 1e-3 * (1e-3 + b.grad.abs().max().item()), f"{mine.name} {name}")

    def test_batches_are_not_changed_alike(self):
        crops = torch.randint(0, 256, (4, 2, 80, 80, 3), dtype=torch.uint8)
        run = self.run_of(["far"], {"far": crops})
        self.assertNotEqual(run.backward(True, 0.5), run.backward(True, 0.5))


class Training(unittest.TestCase):
    def test_a_branch_that_is_its_own_teacher_has_no_error(self):
        branch = Branch("far").eval()
        x = torch.rand(2, 3, branch.side, branch.side) * 255
        targets, y = [], x
        with torch.no_grad():
            for step in branch.steps:
                y = step(y)
                targets.append(y)
            errors = step_errors(branch, [x, *targets[:-1]], targets, lambda step, target: 1.0)
        self.assertEqual(len(branch.steps), len(errors))
        self.assertLess(max(e.item() for e in errors), 1e-9)

    def test_from_end_to_end_the_ends_of_stages_are_compared_but_no_last_map_made_narrower(self):
        teacher, branch = Branch("far").eval(), Branch("far", [*widths_of("far")[:-1], 256]).eval()
        x = torch.rand(2, 3, branch.side, branch.side) * 255
        targets, y = [], x
        with torch.no_grad():
            for step in teacher.steps:
                y = step(y)
                targets.append(y)
            compared = {"whole": [], "narrower": []}
            chained_errors(teacher, x, targets, lambda step, target: compared["whole"].append(step[1]) or 1.0)
            _, last = chained_errors(branch, x, targets, lambda step, target: compared["narrower"].append(step[1]) or 1.0)
        self.assertEqual({"whole": [0, 5, 12, 15, 16], "narrower": [0, 5, 12, 15]}, compared)
        self.assertEqual(256, last.shape[1])

    def test_logits_beyond_the_limit_are_no_error(self):
        sure = torch.tensor([[0.0, 30.0, 0.0]])
        self.assertAlmostEqual(0, logit_error(sure, sure, sure, 0.5, 1).item(), places=5)
        self.assertGreater(logit_error(-sure, sure, sure, 0.5, 1).item(), 5)

    def test_a_scale_is_the_mean_variance_of_the_channels(self):
        target = torch.randn(4, 6, 8, 8, generator=torch.Generator().manual_seed(1)) * 3 + 2
        self.assertAlmostEqual(target.var((0, 2, 3), unbiased=False).mean().item(), Scale()("a step", target), places=4)

    def test_a_blur_is_the_mean_of_three_by_three(self):
        x = torch.rand(2, 3, 7, 9)
        self.assertTrue(torch.allclose(F.avg_pool2d(x, 3, 1), _blurred(x)[..., 1:-1, 1:-1], atol=1e-6))
        self.assertEqual(x.shape, _blurred(x).shape)

    def test_augmented_crops_keep_their_shape_and_range(self):
        crops = torch.randint(0, 256, (8, 80, 80, 3), dtype=torch.uint8)
        made = [augmented(crops, torch.Generator().manual_seed(5)) for _ in range(2)]
        self.assertEqual((8, 3, 80, 80), tuple(made[0].shape))
        self.assertTrue(0 <= made[0].min() and made[0].max() <= 255)
        self.assertTrue(torch.equal(*made))

    def test_both_crops_of_a_face_are_changed_alike_but_for_the_mirror(self):
        crops = torch.randint(0, 256, (64, 1, 80, 80, 3), dtype=torch.uint8).expand(-1, 2, -1, -1, -1)
        first, second = augmented_pairs(crops, torch.Generator().manual_seed(6))
        alike = (first == second).flatten(1).all(1)
        mirrored = (first == second.flip(3)).flatten(1).all(1)
        self.assertTrue((alike ^ mirrored).all())
        self.assertTrue(20 < mirrored.sum() < 44)

    def test_every_answer_weighs_as_much_as_any_other(self):
        answers = np.array([-CLIP, -7.5, -7.2, -7.1, 0.5, 3.0, 3.9, CLIP])
        weights = balance(answers)
        for members in (answers < -7, answers == 0.5, (answers > 2) & (answers < 4), answers == CLIP):
            self.assertAlmostEqual(len(answers), weights[members].sum())

    def test_rare_answers_are_not_drawn_without_end(self):
        answers = np.append(np.zeros(999), 5.0)
        self.assertAlmostEqual(50, balance(answers)[-1])

    def test_what_is_wanted_lies_between_the_teachers_answers(self):
        seen, beside = torch.tensor([[0.0, 2.0, 0.0]]), torch.tensor([[0.0, 4.0, 0.0]])
        for trust in (0, 0.5, 1):
            wanted = seen + trust * (beside - seen)
            self.assertLess(logit_error(wanted, seen, beside, trust, 1).item(), 0.03, trust)
            for other in (seen, beside, (seen + beside) / 2):
                if not torch.equal(other, wanted):
                    self.assertGreater(logit_error(other, seen, beside, trust, 1).item(), 0.2, trust)

    def test_learning_rate_starts_and_ends_at_zero(self):
        self.assertEqual(0, learning_rate(0, 1e-3))
        self.assertAlmostEqual(0, learning_rate(1, 1e-3))
        self.assertAlmostEqual(1e-3, learning_rate(0.02, 1e-3))


class Shards(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, value):
        np.savez(os.path.join(self.folder, name + ".npz"), far=np.full((2, 3, 4, 4, 3), value, np.uint8))

    def samples(self):
        return Samples(self.folder, ["far"], np.random.default_rng(1), "place")

    def test_what_is_kept_apart_stays_apart_when_shards_come(self):
        self.write("002-00000", 20)
        self.write("002-00001", 21)
        samples = self.samples()
        self.write("001-00000", 10)
        samples.refresh()
        self.assertEqual({20}, set(samples.held_out["far"].unique().tolist()))
        self.assertEqual({10, 21}, set(samples.batch(64)["far"].unique().tolist()))

    def test_fewer_than_two_shards_are_refused(self):
        for count in range(2):
            with self.assertRaisesRegex(SystemExit, f": {count}; at least 2"):
                self.samples()
            self.write(f"001-{count:05d}", 10)


class Averages(unittest.TestCase):
    def test_the_mean_of_weights(self):
        a, b = Branch("wide"), Branch("wide")
        mean = averaged([a.state_dict(), b.state_dict(), b.state_dict()])
        for key, value in mean.items():
            self.assertLess((value - (a.state_dict()[key] + 2 * b.state_dict()[key]) / 3).abs().max().item(), 1e-6, key)

    def test_branches_of_other_widths_have_none(self):
        with self.assertRaises(ValueError):
            averaged([{"weight": torch.zeros(2, 3)}, {"weight": torch.zeros(3, 3)}])


if __name__ == "__main__":
    unittest.main()
