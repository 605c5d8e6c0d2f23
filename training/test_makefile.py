"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def make(*arguments, **environment):
    """What make ends with and prints, whatever make the tests themselves run under."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", "-C", HERE, *arguments], env=outside | environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Targets(unittest.TestCase):
    def test_branches_are_taught_slimmed_and_taught_again(self):
        for branch, minutes, tolerance in (("near", 10, 0.005), ("wide", 35, 0.003), ("far", 35, 0.003)):
            made = make(branch, "--old-file=generate", "PYTHON=echo", "OUT=/o").stdout
            steps = (rf"train.py .*--branch {branch} --out /o/first --minutes {minutes} --each 100\n", rf"slim.py .*--branch {branch} --tolerance {tolerance} --from /o/first/{branch}.pt --out /o/slim/{branch}.pt\n",
                     rf"train.py .*--branch {branch} --out /o/run --from /o/slim/{branch}.pt .*--each 100 --skip 100 .*\n")
            self.assertRegex(made, "(?s)" + ".*".join(steps))

    def test_a_step_that_fails_ends_it(self):
        with tempfile.TemporaryDirectory() as folder:
            python = os.path.join(folder, "python")
            with open(python, "w") as file:
                file.write('#!/bin/sh\ncase "$*" in *--branch\\ wide*) exit 7;; esac\n')
            os.chmod(python, 0o755)
            made = make("near", "wide", "--old-file=generate", "PYTHON=" + python, "OUT=" + folder)
        self.assertEqual(2, made.returncode, made.stdout)
        self.assertIn("Error 7", made.stdout)

    def test_a_folder_that_make_would_take_for_several_is_refused(self):
        for out, code in (("/tmp/a b", 2), ("", 2), ("/tmp/a", 0)):
            made = make("-n", "prepare", "OUT=" + out)
            self.assertEqual(code, made.returncode, made.stdout)
            self.assertEqual(code != 0, "without spaces" in made.stdout, made.stdout)

    def test_tests_are_left_out_where_any_package_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            python = os.path.join(folder, "python")
            with open(python, "w") as file:
                file.write(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} "$@"\nexit 9\n')
            os.chmod(python, 0o755)
            for package, module in {"torch": "torch", "opencv": "cv2", "onnx": "onnx", "pil": "PIL"}.items():
                missing = os.path.join(folder, module)
                os.mkdir(missing)
                with open(os.path.join(missing, module + ".py"), "w") as file:
                    file.write("raise ImportError\n")
                made = make("test", "PYTHON=" + python, PYTHONPATH=missing)
                self.assertEqual(0, made.returncode, made.stdout)
                self.assertIn("python3-" + package, made.stdout)


if __name__ == "__main__":
    unittest.main()
