"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import contextlib
import io
import os
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np

import evaluate


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


class Report(unittest.TestCase):
    def report(self, *runs):
        """The names of the networks that main reports on."""
        stubs = {"load_cases": {"without_face": np.array(3)}, "baselines": {"the default": None}, "restore": {},
                 "score_alone": {name: 0 for name in evaluate.SHARES}, "of_each_teacher": {name: 0 for name in evaluate.SHARES}}
        with contextlib.ExitStack() as stack:
            for name, value in stubs.items():
                stack.enter_context(mock.patch.object(evaluate, name, return_value=value))
            stack.enter_context(mock.patch.object(sys, "argv", ["evaluate.py", "--data=d", "--peers=p", "--pack=k", "--run", *runs]))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            self.printed = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(mock.patch.object(evaluate, "show"))
            report = stack.enter_context(mock.patch.object(evaluate, "report"))
            evaluate.main()
        return list(report.call_args.args[1])

    def test_networks_of_one_name_in_other_folders_are_all_reported(self):
        names = self.report("a/slim", "b/slim", "c/slim/")
        self.assertEqual(["the default", "a/slim", "b/slim", "c/slim/"], [name for name in names if "," not in name])
        self.assertIn("b/slim, near alone", names)
        self.assertIn("b/slim, wide and far", names)
        self.assertIn("3 pictures of pad/", self.printed.getvalue())

    def test_a_network_that_is_named_twice_is_refused(self):
        with self.assertRaises(SystemExit):
            self.report("a/slim", "b/slim", "a/slim")


class Networks(unittest.TestCase):
    def test_each_score_stands_beside_what_its_teachers_give(self):
        said = {"near": np.array([1.0]), "wide": np.array([2.0]), "far": np.array([4.0])}
        cases = {"teachers": np.array([[10.0, 0.0, 3.0, 5.0]])}
        with mock.patch.object(evaluate, "score_alone", return_value=said):
            scores = evaluate.of_network("n", {}, cases)
        shares = evaluate.SHARES
        want = {"n": (shares["near"] + 2 * shares["wide"] + 4 * shares["far"], 8 * shares["near"] + 3 * shares["wide"] + 5 * shares["far"]),
                "n, near alone": (1, 8), "n, wide alone": (2, 3), "n, far alone": (4, 5), "n, wide and far": (3, 4)}
        self.assertEqual(want.keys(), scores.keys())
        for name, pair in want.items():
            np.testing.assert_allclose(np.concatenate(scores[name]), pair, err_msg=name)


class Pictures(unittest.TestCase):
    def test_a_missing_picture_is_no_picture_without_a_face(self):
        with tempfile.TemporaryDirectory() as data:
            os.mkdir(os.path.join(data, "pad"))
            with open(os.path.join(data, "pad", "manifest.csv"), "w") as manifest:
                manifest.write("path,label,species,group,source\ngone.jpg,live,,gone,s\n")
            with mock.patch.object(evaluate, "FaceFinder"), self.assertRaisesRegex(SystemExit, "gone.jpg: no such file"):
                evaluate.prepare(data, "peers", "pack")


class Cases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = os.path.join(folder.name, "cases")

    def load(self):
        return evaluate.load_cases("data", "peers", "pack", self.cache)

    def test_cases_are_kept_under_the_name_that_is_asked_for(self):
        with mock.patch.object(evaluate, "prepare", return_value={"half": np.arange(3)}) as prepare:
            for _ in range(2):
                np.testing.assert_array_equal(np.arange(3), self.load()["half"])
        self.assertEqual(1, prepare.call_count)

    def test_who_is_interrupted_leaves_no_cases(self):
        def interrupted(file, **cases):
            file.write(b"half")
            raise KeyboardInterrupt

        with mock.patch.object(evaluate, "prepare", return_value={"half": np.arange(3)}):
            with mock.patch.object(np, "savez", interrupted), self.assertRaises(KeyboardInterrupt):
                self.load()
            np.testing.assert_array_equal(np.arange(3), self.load()["half"])


if __name__ == "__main__":
    unittest.main()
