"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import contextlib
import copy
import io
import itertools
import json
import os
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F

import train
from augment import _blurred, augmented
from network import Branch, Stem, widths_of

PARTS = torch.randint(0, 256, (24, 80, 80, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(3)).split(14)


class Graph:
    """A branch as a teacher's graph."""

    def __init__(self, branch):
        self.branch = branch

    @torch.no_grad()
    def imitated(self, x):
        steps = []
        for step in self.branch.steps:
            steps.append(step(steps[-1] if steps else x))
        return steps, self.branch.logits(steps[-1])


def maps_of(teacher):
    return train.Maps(Graph(teacher), PARTS, 24, torch.Generator().manual_seed(4))


class Training(unittest.TestCase):
    def test_maps_are_those_of_the_teacher(self):
        teacher = Branch("far").eval()
        maps = maps_of(teacher)
        self.assertEqual((24, 3, 80, 80), tuple(maps.crops.shape))
        self.assertEqual(len(teacher.steps), len(maps.steps))
        steps, logits = Graph(teacher).imitated(maps.crops.float())
        self.assertTrue(torch.allclose(maps.logits, logits, atol=1e-3))
        for kept, step in zip(maps.steps, steps):
            self.assertTrue(torch.allclose(kept.float(), step, rtol=2e-3, atol=2e-3))

    def test_the_best_try_of_each_channel_is_kept(self):
        torch.manual_seed(5)
        good, bad = Stem(), Stem()
        stems = train.Stems(2, 32)
        odd = torch.arange(32) % 2
        with torch.no_grad():
            for key, value in stems.state_dict().items():
                value.copy_(torch.cat([torch.where(odd.view(-1, *[1] * (good.state_dict()[key].dim() - 1)) == k, good.state_dict()[key], bad.state_dict()[key])
                                       for k in range(2)]))
        stem = Stem()
        stems.put_best(stem, torch.stack([(odd != k).float() for k in range(2)]))
        for key, value in stem.state_dict().items():
            self.assertTrue(torch.equal(good.state_dict()[key], value), key)

    def test_every_step_comes_nearer_to_its_teacher(self):
        torch.manual_seed(6)
        teacher, branch = Branch("far").eval(), Branch("far")
        before = maps_of(teacher)
        missed_at_first, x = [], before.crops.float()
        with torch.no_grad():
            for step, wanted in zip(branch.steps, before.steps):
                x = step(x)
                missed_at_first.append((x - wanted.float()).square().mean().item() / train.varies(wanted))
        options = SimpleNamespace(minutes=10, tries=2, stem_rate=1e-2, rate=3e-3)
        a_batch_a_second = mock.patch.object(train, "time", SimpleNamespace(process_time=itertools.count().__next__))
        with a_batch_a_second, contextlib.redirect_stdout(io.StringIO()):
            history = train.teach(branch, True, maps_of(teacher), before, options)
        self.assertEqual(len(branch.steps) + 1, len(history))
        for line, first in zip(history, missed_at_first):
            self.assertLess(line["missed"], 0.7 * first, line)

    def test_steps_that_reduce_or_excite_get_more_time_and_the_first_of_them_most(self):
        for name, stem, longer in (("wide", True, [0, 6, 13, 16, 17]), ("wide", False, [6, 13, 16, 17]), ("far", False, [5, 6, 12, 13, 15, 16, 17])):
            shares = train.shares_of(Branch(name).steps, stem)
            self.assertAlmostEqual(1, sum(shares))
            self.assertEqual(longer, [i for i, share in enumerate(shares) if share == shares[6]])
            self.assertEqual([1], [i for i, share in enumerate(shares) if share > shares[6]])
        self.assertEqual(0, shares[0])

    def test_batches_come_where_the_networks_are(self):
        maps, elsewhere = maps_of(Branch("far").eval()), Branch("far").to("meta")  # where shapes are worked out, and no gradients
        with mock.patch.object(train, "DEVICE", torch.device("meta")), contextlib.ExitStack() as patched:
            patched.enter_context(mock.patch.object(train.Stems, "put_best"))
            patched.enter_context(mock.patch.object(train, "learn", lambda parameters, error, *_: error(torch.arange(2)).device.type))
            self.assertEqual("meta", train.learn_stem(elsewhere.steps[0], maps.crops, maps.steps[0], 3, 2, 1e-3))
            self.assertEqual("meta", train.learn_step(elsewhere.steps[1], maps.steps[0], maps.steps[1], 3, 1e-3))
            self.assertEqual("meta", train.learn_head(elsewhere, maps.steps[-1], maps.logits, 3, 1e-3))

    def test_a_last_map_made_narrower_stays(self):
        torch.manual_seed(7)
        teacher, branch = Branch("far").eval(), Branch("far", [*widths_of("far")[:-1], 256])
        whole = branch.whole.detach().clone()
        last, seventh = (copy.deepcopy(branch.steps[i].state_dict()) for i in (-1, 7))
        a_batch_a_second = mock.patch.object(train, "time", SimpleNamespace(process_time=itertools.count().__next__))
        with a_batch_a_second, contextlib.redirect_stdout(io.StringIO()):
            history = train.teach(branch, False, maps_of(teacher), maps_of(teacher), SimpleNamespace(minutes=1, rate=3e-3))
        self.assertEqual({"step": 16, "batches": 0, "missed": None}, history[16])
        self.assertTrue(all(torch.equal(value, last[key]) for key, value in branch.steps[-1].state_dict().items()))
        self.assertFalse(torch.equal(whole, branch.whole))
        self.assertFalse(all(torch.equal(value, seventh[key]) for key, value in branch.steps[7].state_dict().items()))

    def test_logits_beyond_the_limit_are_no_error(self):
        sure = torch.tensor([[0.0, 30.0, 0.0]])
        self.assertAlmostEqual(0, train.logit_error(sure, sure, 1).item(), places=5)
        surer = torch.tensor([[0.0, 33.0, 0.0]])
        self.assertLess(train.logit_error(surer, sure, 1).item(), 0.3 * 2)
        self.assertGreater(train.logit_error(-sure, sure, 1).item(), 5)

    def test_learning_rate_starts_and_ends_at_zero(self):
        self.assertEqual(0, train.learning_rate(0, 1e-3))
        self.assertAlmostEqual(0, train.learning_rate(1, 1e-3))
        self.assertAlmostEqual(1e-3, train.learning_rate(0.02, 1e-3))


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

class Beginnings(unittest.TestCase):
    def test_near_begins_as_its_teacher_and_the_others_at_random(self):
        for name, published in (("near", True), ("wide", False), ("far", False)):
            with mock.patch.object(train, "from_published") as copied:
                branch, stem = train.beginning(name, None, "its teacher")
            self.assertEqual((name, not published), (branch.name, stem))
            self.assertEqual([mock.call(branch, "its teacher")] if published else [], copied.mock_calls)

    def test_who_goes_on_keeps_the_stem(self):
        with tempfile.TemporaryDirectory() as folder:
            before = Branch("wide")
            torch.save({"branch": before.state_dict()}, os.path.join(folder, "wide.pt"))
            branch, stem = train.beginning("wide", folder, None)
        self.assertFalse(stem)
        self.assertTrue(torch.equal(before.whole, branch.whole))


class Shards(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def main(self, *arguments):
        arguments = ["train.py", "--branch", "far", "--minutes=1", "--each=1", *arguments]
        for name in train.FOLDERS:
            arguments += ["--" + name, self.folder]
        with mock.patch("sys.argv", arguments), mock.patch.object(train, "of_branch"), contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                train.main()
            except SystemExit as e:
                return f"{e.code} {said.getvalue()}"

    def test_crops_are_captured_ones_and_those_of_a_good_camera(self):
        path = os.path.join(self.folder, "shard.npz")
        np.savez(path, far=np.arange(40 * 2, dtype=np.uint8).reshape(40, 2, 1, 1, 1))
        parts = list(train.crops_of([path], "far", 35, 4))
        self.assertEqual([66, 4], [len(part) for part in parts])
        self.assertEqual(list(range(8, 78)), torch.cat(parts).flatten().tolist())

    def test_fewer_than_two_shards_are_refused(self):
        self.assertRegex(self.main(), ": 0; at least 2")

    def test_more_samples_than_a_shard_has_are_refused(self):
        self.assertRegex(self.main("--skip=500", "--each=13"), "500 and 13; a shard has 512 samples")


class Record(unittest.TestCase):
    def test_a_record_names_what_a_branch_was_made_of_and_with(self):
        with tempfile.TemporaryDirectory() as folder:
            prepared = os.path.join(folder, "prepared.json")
            with open(prepared, "w") as file:
                json.dump({"pictures": [{"path": "faces/a.png", "sha256": "00", "box": [1, 2, 3, 4]}]}, file)
            options = SimpleNamespace(branch="far", source=None, prepared=prepared, out=os.path.join(folder, "out"), peers="", pack="", shards="", seed=7)
            train.record(Branch("far"), options, ["x/001-00000.npz"], [{"step": 0}])
            with open(os.path.join(options.out, "far.json")) as file:
                kept = json.load(file)
            self.assertEqual(({"seed": 7}, {"faces/a.png": "00"}, ["001-00000.npz"], [{"step": 0}]),
                             tuple(kept[name] for name in ("settings", "pictures", "shards", "history")))
            self.assertNotIn("from_sha256", kept)


if __name__ == "__main__":
    unittest.main()
