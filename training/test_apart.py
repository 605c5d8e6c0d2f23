"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import contextlib
import io
import itertools
import os
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

import numpy as np
import torch

import apart
from network import Branch, Stem
from test_training import Graph

CROPS = torch.randint(0, 256, (12, 2, 80, 80, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


def maps_of(teacher, crops=CROPS):
    return apart.Maps(Graph(teacher), [crops], torch.Generator().manual_seed(4))


class Apart(unittest.TestCase):
    def test_maps_are_those_of_the_teacher_of_both_crops(self):
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
        stems = apart.Stems(2, 32)
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
                missed_at_first.append((x - wanted.float()).square().mean().item() / apart.varies(wanted))
        options = SimpleNamespace(source=None, minutes=10, tries=2, stem_rate=1e-2, rate=3e-3)
        a_batch_a_second = mock.patch.object(apart, "time", SimpleNamespace(time=itertools.count().__next__))
        with a_batch_a_second, contextlib.redirect_stdout(io.StringIO()):
            history = apart.teach(branch, maps_of(teacher), before, options)
        self.assertEqual(len(branch.steps) + 1, len(history))
        for line, first in zip(history, missed_at_first):
            self.assertLess(line["missed"], 0.7 * first, line)

    def test_steps_that_reduce_get_more_time(self):
        steps = Branch("wide").steps
        for stem, longest in ((True, [0, 1, 6, 13, 16, 17]), (False, [1, 6, 13, 16, 17])):
            shares = apart.shares_of(steps, stem)
            self.assertAlmostEqual(1, sum(shares))
            self.assertEqual(longest, [i for i, share in enumerate(shares) if share == max(shares)])
        self.assertEqual(0, shares[0])

    def test_pairs_are_a_captured_crop_and_that_of_a_good_camera(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "shard.npz")
            np.savez(path, far=np.arange(40 * 3, dtype=np.uint8).reshape(40, 3, 1, 1, 1))
            parts = list(apart.pairs_of([path], "far", 35, 4))
        self.assertEqual([33, 2], [len(part) for part in parts])
        self.assertEqual([12, 14], parts[0][0].flatten().tolist())

    def test_fewer_than_two_shards_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["apart.py", "--branch", "far", "--shards", folder]
            for name in ("peers", "pack", "prepared", "out"):
                arguments += ["--" + name, folder]
            with mock.patch("sys.argv", arguments), mock.patch.object(apart, "of_branch"), self.assertRaisesRegex(SystemExit, ": 0; at least 2"):
                apart.main()


if __name__ == "__main__":
    unittest.main()
