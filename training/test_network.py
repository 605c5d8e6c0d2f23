"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import contextlib
import io
import os
import sys
import tempfile
import unittest
from unittest import mock

import onnx
import torch

import export
from export import Served, _split, save
from generate import VIEWS
from network import FREE, Block, Branch, from_published, live_logit, restored, widths_of
from onnx_graph import OnnxGraph
from slim import chosen, slim_block, slimmed

FR_LIVENESS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "models", "fr_liveness.onnx")


def sloped(branches):
    """The branches with slopes of all kinds. Of equal constants the exporter keeps one."""
    for slope in (m for branch in branches.values() for m in branch.modules() if isinstance(m, torch.nn.PReLU)):
        torch.nn.init.uniform_(slope.weight, -0.5, 2)
    return branches


class Network(unittest.TestCase):
    def test_served_network_gives_the_same_logits(self):
        torch.manual_seed(0)
        branches = sloped({name: Branch(name).eval() for name in VIEWS})
        views = torch.rand(1, sum(3 * side**2 for _, _, side in VIEWS.values())) * 255
        with torch.no_grad():
            want = torch.cat([branch(view) for branch, view in zip(branches.values(), _split(views))])
            got = Served(branches)(views)
        self.assertLess((want - got).abs().max().item(), 1e-4)

    def test_a_branch_goes_on_from_the_exported_network(self):
        torch.manual_seed(1)
        branches = sloped({name: Branch(name).eval() for name in VIEWS})
        views = torch.rand(1, sum(3 * side**2 for _, _, side in VIEWS.values())) * 255
        with torch.no_grad():
            want = [branch(view) for branch, view in zip(branches.values(), _split(views))]
            weights = [{key: value.clone() for key, value in branch.state_dict().items()} for branch in branches.values()]
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "network.onnx")
                save(Served(branches).eval(), views, path)
                for logits, before, (name, view) in zip(want, weights, zip(VIEWS, _split(views))):
                    branch = restored(name, path).eval()
                    self.assertLess((logits - branch(view)).abs().max().item(), 0.01)
                    for key, value in branch.state_dict().items():
                        self.assertLess((value - before[key]).abs().max().item(), 2e-3 * (1 + before[key].abs().max().item()), f"{name} {key}")

    def test_a_network_that_float16_changes_too_much_is_not_written(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in VIEWS:
                torch.save({"branch": Branch(name).state_dict()}, os.path.join(folder, name + ".pt"))
            path = os.path.join(folder, "network.onnx")
            with mock.patch.object(sys, "argv", ["export.py", "--run", folder, "--out", path]), contextlib.redirect_stdout(io.StringIO()):
                with mock.patch.object(export, "TOLERANCE", 0), self.assertRaises(SystemExit):
                    export.main()
                self.assertFalse(os.path.exists(path))
                export.main()
            onnx.checker.check_model(onnx.load(path))

    def test_what_excites_a_map_is_spread_over_it(self):
        served = Served(sloped({name: Branch(name).eval() for name in VIEWS})).eval()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "network.onnx")
            save(served, torch.zeros(1, sum(3 * side**2 for _, _, side in VIEWS.values())), path)
            nodes = onnx.load(path).graph.node
        made_by = {node.output[0]: node.op_type for node in nodes}
        self.assertEqual(["Resize"] * 6, [made_by[node.input[1]] for node in nodes if node.op_type == "Mul"])

    @unittest.skipUnless(os.path.exists(FR_LIVENESS), "no ../models/fr_liveness.onnx: make setup brings it")
    def test_the_free_branch_begins_as_its_teacher(self):
        graph = OnnxGraph(FR_LIVENESS)
        slopes = [n.input[1] for n in graph.nodes if n.op_type == "PRelu"]
        for name in slopes[2:]:  # the branch has PReLU in the stem alone
            graph.constants[name] = torch.zeros_like(graph.constants[name])
        torch.manual_seed(2)
        branch = Branch(FREE).eval()
        from_published(branch, graph)
        x = (torch.rand(2, 3, branch.side, branch.side) * 255).round()
        with torch.no_grad():
            steps, logits = graph.imitated(x)
            y = x
            for i, (step, want) in enumerate(zip(branch.steps, steps, strict=True)):
                y = step(y)
                self.assertLess((y - want).abs().max().item(), 1e-3 * want.abs().max().item(), f"step {i}")
            self.assertLess((branch(x) - logits).abs().max().item(), 1e-2)

    def test_branches_that_begin_at_random_have_twice_as_many_channels(self):
        self.assertEqual([112, 32, 32, 32, 32, 240], widths_of("near")[:6])
        self.assertEqual([224, 48, 48, 48, 48, 480], widths_of("wide")[:6])
        self.assertEqual([224, 48, 64, 48, 112, 480], widths_of("far")[:6])

    def test_what_never_wakes_is_left_out(self):
        torch.manual_seed(3)
        branch = Branch("far").eval()
        with torch.no_grad():
            branch.steps[6].widen.bias[40:] = -1e6
            branch.steps[-1].conv.bias[100:] = -1e6
        samples = torch.rand(20, 3, branch.side, branch.side) * 255
        slim, widths = slimmed(branch, samples, 1e-9)
        self.assertLessEqual(widths[5], 48)
        self.assertLessEqual(widths[-1], 112)
        with torch.no_grad():
            self.assertLess((branch(samples) - slim(samples)).abs().max().item(), 1e-3 * branch(samples).abs().max().item())
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "far.pt")
            torch.save({"branch": slim.state_dict()}, path)
            self.assertEqual(widths, [*(len(s.widen.weight) for s in restored("far", path).steps[1:-1]), len(restored("far", path).whole)])

    def test_channels_that_others_stand_for_are_fitted(self):
        generator = torch.Generator().manual_seed(4)
        half = torch.randn(1000, 16, generator=generator, dtype=torch.double)
        h = torch.cat([half, half @ torch.randn(16, 16, generator=generator, dtype=torch.double)], 1)
        weight = torch.randn(5, 32, generator=generator, dtype=torch.double)
        keep, fitted = chosen(torch.cov(h.T), weight, 1e-6)
        self.assertEqual(16, len(keep))
        self.assertLess(((h[:, keep] @ fitted.T) - h @ weight.T).abs().max().item(), 0.01)

    def test_what_a_residual_block_may_lose_is_of_the_whole_map(self):
        torch.manual_seed(5)
        parts = [torch.randn(20, 64, 8, 8) * 3]
        blocks = {stride: Block(64, 64, 64, stride=stride).eval() for stride in (1, 2)}
        with torch.no_grad():
            kept = {stride: len(slim_block(block, parts, [block(x) for x in parts], 0.02)["widen.weight"]) for stride, block in blocks.items()}
        self.assertEqual(16, kept[1])
        self.assertGreater(kept[2], 48)

    def test_live_logit_is_that_of_the_probability(self):
        logits = torch.tensor([[1.0, 3.0, -2.0]])
        p = torch.softmax(logits, 1)[0, 1]
        self.assertAlmostEqual(torch.log(p / (1 - p)).item(), live_logit(logits, 1).item(), places=5)


if __name__ == "__main__":
    unittest.main()
