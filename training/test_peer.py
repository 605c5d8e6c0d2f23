import os
import unittest

import torch

from onnx_graph import OnnxGraph
from peer import NETWORKS, Unfolded, beside_it, peers_work
from teachers import TEACHERS

PEERS = os.environ.get("BONAFIDE_PEERS", "")


def rows(**times):
    return [{"name": name, "ours_ms": took} for name, took in times.items()]


class TestPeer(unittest.TestCase):
    def test_work_of_the_peer(self):
        """Detection is without landmarks; cropping is what the stage of liveness takes beside its networks, shared out by pixels."""
        picture = {
            "stages": rows(decode=1, detect=4, pose=2, liveness=12.92),
            "networks": rows(fr_landmark=1.5, MiniFASNetV2=2, MiniFASNetV1SE=3, liveness=4, fr_liveness=1),
        }
        without, whole = peers_work(picture)
        self.assertAlmostEqual(without, 1 + 2 + 3 + 0.5)
        self.assertAlmostEqual(whole, 1 + 2 + 3 + 0.5 + 2.5)

    def test_beside_the_peers_work(self):
        picture = {"stages": rows(decode=1, detect=4, pose=2), "networks": rows(fr_landmark=1.5), "whole": {"ours_ms": 12}}
        self.assertEqual(beside_it(picture), 12 - 1 - 2.5)

    @unittest.skipUnless(PEERS, "BONAFIDE_PEERS names no folder with the published checkpoints")
    def test_unfolded_says_what_the_published_graph_says(self):
        for name, checkpoint in NETWORKS.items():
            file = os.path.join(PEERS, TEACHERS[name][0])
            unfolded = Unfolded(file, os.path.join(PEERS, checkpoint))
            published = OnnxGraph(file)
            self.assertGreater(len(unfolded.nodes), len(published.nodes) + 40)
            x = 255 * torch.rand(1, 3, 80, 80, generator=torch.Generator().manual_seed(1))
            self.assertLess((unfolded(x)["logits"] - published(x)["logits"]).abs().max(), 1e-3)


if __name__ == "__main__":
    unittest.main()
