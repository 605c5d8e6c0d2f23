"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import copy
import itertools
import os
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest import mock

import cv2
import numpy as np
import onnx
import torch

import camera
import crops
import cutout
import evaluate
import generate
import scenes
from augment import augmented, augmented_pairs
from average import averaged
from backgrounds import Backgrounds
from export import Served, _split, save
from generate import VIEWS, moved
from network import CLIP, FREE, LIVE, Branch, from_published, live_logit, restored, widths_of
from onnx_graph import OnnxGraph
from slim import chosen, slimmed
from train import Learner, Run, Scale, balance, chained_errors, learning_rate, logit_error, mean_error, step_errors

FR_LIVENESS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "models", "fr_liveness.onnx")


def gradient(height, width):
    """A picture whose blue and green channels are the column and row."""
    y, x = np.mgrid[0:height, 0:width]
    return np.dstack([x, y, np.zeros_like(x)]).astype(np.uint8)


class Crops(unittest.TestCase):
    def test_square_is_centred_and_scaled_by_the_longer_side(self):
        view = crops.square(gradient(200, 200), (80, 60, 120, 140), 1.5, 120)
        self.assertEqual((40, 40), tuple(view[0, 0, :2]))
        self.assertEqual((159, 159), tuple(view[-1, -1, :2]))

    def test_square_reflects_outside(self):
        view = crops.square(gradient(100, 100), (0, 30, 40, 70), 1.5, 60)
        self.assertEqual(view[30, 9, 0], view[30, 11, 0])

    def test_window_is_moved_inside(self):
        view = crops.window(gradient(200, 200), (0, 0, 35, 57), 2.7, 80)
        self.assertLess(int(view[0, 0].max()), 2)

    def test_window_shrinks_to_a_small_picture(self):
        view = crops.window(gradient(100, 100), (10, 10, 90, 90), 2.7, 80)
        self.assertGreater(int(view[..., 0].max()), 95)


BOX = (50, 50, 120, 140)


def sitter(picture):
    return scenes.Portrait(picture, np.array(BOX), (255 * cutout.outline(picture.shape, BOX)).astype(np.uint8))


class Simulation(unittest.TestCase):
    def test_scenes_repeat_and_hold_the_face(self):
        portrait = sitter(np.random.default_rng(0).integers(0, 255, (220, 180, 3), dtype=np.uint8))
        places = Backgrounds([portrait.picture])
        for kind, seed in itertools.product(("live", "paper", "screen"), range(8)):
            made = [scenes.compose(np.random.default_rng(seed), portrait, kind, 90.0, places) for _ in range(2)]
            np.testing.assert_array_equal(made[0][0], made[1][0], kind)
            image, box = made[0]
            self.assertGreater(box[2] - box[0], 45, kind)
            self.assertTrue(0 <= (box[0] + box[2]) / 2 <= image.shape[1], kind)
            self.assertEqual(image.shape, camera.capture(np.random.default_rng(4), image, 90.0).shape, kind)

    def test_a_person_is_cut_out_of_a_studio(self):
        studio = np.full((220, 180, 3), (160, 90, 60), np.uint8)
        person = cutout.outline(studio.shape, BOX)
        inside = cv2.erode(person, None, iterations=4) > 0
        studio[person > 0] = (90, 130, 200)
        studio = np.clip(studio + np.random.default_rng(1).normal(0, 6, studio.shape), 0, 255).astype(np.uint8)
        for picture, box in ((studio, BOX), (cv2.resize(studio, None, fx=2, fy=2), [2 * v for v in BOX])):
            matte = cv2.resize(cutout.matte(picture, box), (180, 220))
            self.assertGreater(matte[inside].mean(), 245)
            self.assertLess(matte[cv2.dilate(person, None, iterations=4) == 0].mean(), 10)

    def test_behind_a_person_is_another_place(self):
        portrait = sitter(np.full((220, 180, 3), (0, 0, 250), np.uint8))
        green = mock.Mock(**{"random.side_effect": lambda rng, height, width: np.full((height, width, 3), (0, 250, 0), np.uint8)})
        for seed in range(20):
            image, (left, top, right, bottom) = scenes._elsewhere(np.random.default_rng(seed), portrait, 80.0, green)
            face = image[int(top) + 20 : int(bottom) - 20, int(left) + 20 : int(right) - 20].reshape(-1, 3).mean(0)
            corner = max(image[0, 0], image[0, -1], key=lambda pixel: pixel[1]).astype(float)
            self.assertGreater(face[2], 10 * face[1] + 20, seed)
            self.assertGreater(corner[1], 10 * corner[2] + 20, seed)

    def test_backgrounds_have_the_size_asked_for(self):
        rng = np.random.default_rng(2)
        pictures = [rng.integers(0, 255, shape, dtype=np.uint8) for shape in ((120, 90, 3), (64, 128, 3), (150, 100, 3))]
        of_all = Backgrounds(*([picture] for picture in pictures))
        for height, width in itertools.product((80, 900), repeat=2):
            for _ in range(10):
                image = of_all.random(rng, height, width)
                self.assertEqual(((height, width, 3), np.uint8), (image.shape, image.dtype))
                self.assertGreater(image.std(), 0)

    def test_a_scene_is_seen_by_a_good_camera_and_by_poor_ones(self):
        rng = np.random.default_rng(8)
        portrait = cv2.resize(rng.integers(0, 255, (28, 22, 3), dtype=np.uint8), (180, 220), interpolation=cv2.INTER_CUBIC)
        portraits = {"portraits": [sitter(portrait)], "faces": [sitter(portrait)]}
        for _ in range(5):
            with mock.patch.object(generate, "well_captured", wraps=generate.well_captured) as good, mock.patch.object(generate, "capture", wraps=generate.capture) as poor:
                made = generate.sample(rng, portraits, Backgrounds([portrait]))
            self.assertEqual((1, generate.POOR), (good.call_count, poor.call_count))
            self.assertEqual(1 + generate.POOR, len(made))
            for crops_of, kind in made:
                self.assertEqual(generate.CROPS, len(crops_of))
                self.assertEqual(made[0][1], kind)
            detail = [cv2.Laplacian(np.float32(seen["near"]), cv2.CV_32F).std() for (seen, _, _), _ in made]
            goods = [cv2.Laplacian(np.float32(good["near"]), cv2.CV_32F).std() for (_, _, good), _ in made]
            self.assertLess(np.std(goods), 0.5 * np.mean(goods))
            self.assertGreater(np.std(detail) / np.mean(detail), np.std(goods) / np.mean(goods))

    def test_a_poor_camera_farther_away_keeps_the_box_on_the_face(self):
        rng, box = np.random.default_rng(9), np.array([60.0, 50, 140, 150])
        scene = np.zeros((200, 240, 3), np.uint8)
        scene[50:150, 60:140] = 200
        widths = set()
        for _ in range(20):
            picture, at = generate._by_a_poor_camera(rng, scene, box, 80.0)
            x0, y0, x1, y1 = at.round().astype(int)
            widths.add(x1 - x0)
            outside = np.ones(picture.shape[:2], bool)
            outside[y0:y1, x0:x1] = False
            self.assertGreater(picture[y0:y1, x0:x1].mean(), 3 * picture[outside].mean())
        self.assertTrue(generate.SMALLEST <= min(widths) < 60 and max(widths) == 80)

    def test_moved_boxes_stay_in_the_picture_and_near(self):
        rng, box = np.random.default_rng(7), np.array([5.0, 5.0, 65.0, 85.0])
        boxes = np.stack([moved(rng, box, (100, 100)) for _ in range(500)])
        self.assertTrue((boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= 99).all())
        np.testing.assert_allclose(boxes.mean(0), box, atol=1)
        np.testing.assert_allclose(boxes[:, 2:].std(0), [2.4, 3.2], rtol=0.2)

    def test_jpeg_keeps_a_flat_picture(self):
        flat = np.full((32, 32, 3), 90, np.uint8)
        self.assertLessEqual(int(cv2.absdiff(flat, camera.jpeg(flat, 50)).max()), 2)


class Measures(unittest.TestCase):
    def test_auc_weighs_a_clip_as_one(self):
        values = np.array([2.0, 0.0, 0.0, 0.0, 1.0])
        live = np.array([True, True, True, True, False])
        groups = np.array(["a", "b", "b", "b", "c"])
        self.assertAlmostEqual(0.5, evaluate.auc(values, live, evaluate.weights(groups)))

    def test_eer_of_separated_and_of_reversed_classes(self):
        live = np.array([True, True, False, False])
        for values, want in (([3.0, 4.0, 1.0, 2.0], 0), ([1.0, 2.0, 3.0, 4.0], 100)):
            self.assertAlmostEqual(want, evaluate.eer(np.array(values), live, np.ones(4)))

    def test_a_camera_stays_in_one_half(self):
        rows = [{"source": "owner/repository" + ending, "group": ending} for ending in ("/live", "/spoof", "")]
        self.assertEqual(1, len({evaluate.half_of(row) for row in rows}))


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

    def test_live_logit_is_that_of_the_probability(self):
        logits = torch.tensor([[1.0, 3.0, -2.0]])
        p = torch.softmax(logits, 1)[0, 1]
        self.assertAlmostEqual(torch.log(p / (1 - p)).item(), live_logit(logits, 1).item(), places=5)


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

    def test_a_last_map_made_narrower_is_not_compared(self):
        teacher, branch = Branch("far").eval(), Branch("far", [*widths_of("far")[:-1], 256]).eval()
        x = torch.rand(2, 3, branch.side, branch.side) * 255
        targets, y = [], x
        with torch.no_grad():
            for step in teacher.steps:
                y = step(y)
                targets.append(y)
            errors, last = chained_errors(branch, x, targets, lambda step, target: 1.0)
        self.assertEqual(len(targets) - 1, len(errors))
        self.assertEqual(256, last.shape[1])

    def test_logits_beyond_the_limit_are_no_error(self):
        sure = torch.tensor([[0.0, 30.0, 0.0]])
        self.assertAlmostEqual(0, logit_error(sure, sure, sure, 0.5, 1).item(), places=5)
        self.assertGreater(logit_error(-sure, sure, sure, 0.5, 1).item(), 5)

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
