"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import json
import os
import tempfile
import unittest

from files import fingerprint
from network import LIVE
from record import COMMON, collected


class Record(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write(b"network", "liveness.onnx")
        self.json({os.path.join(self.folder, "first, near alone"): {"threshold": 1}, "MiniFASNetV2 + V1SE": {}}, "figures.json")
        for branch in LIVE:
            for part, before in (("first", None), ("slim", "first"), ("run", "slim")):
                self.write(f"{part} {branch}".encode(), part, branch + ".pt")
                about = {"branch": branch, "shards": ["6 of them"]} if part == "slim" else {"branch": branch, "history": [part], **{name: name for name in COMMON}}
                if before:
                    about["from_sha256"] = fingerprint(os.path.join(self.folder, before, branch + ".pt"))
                self.json(about, part, branch + ".json")

    def write(self, content, *path):
        path = os.path.join(self.folder, *path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)

    def json(self, content, *path):
        self.write(json.dumps(content).encode(), *path)

    def test_a_run_is_recorded_whole_and_without_the_place_where_it_was_made(self):
        record = collected(self.folder)
        self.assertEqual(fingerprint(os.path.join(self.folder, "liveness.onnx")), record["network_sha256"])
        self.assertEqual(["first"], record["first"]["far"]["history"])
        self.assertEqual(["run"], record["run"]["near"]["history"])
        self.assertEqual(["6 of them"], record["slim"]["wide"]["shards"])
        self.assertEqual(["first, near alone", "MiniFASNetV2 + V1SE"], list(record["figures"]))
        self.assertEqual(list(COMMON), [record[name] for name in COMMON])
        self.assertFalse(set(COMMON) & set(record["run"]["far"]))
        self.assertNotIn(self.folder, json.dumps(record))

    def test_branches_of_other_data_are_refused(self):
        self.json({"branch": "far", **{name: name for name in COMMON}, "shards": "others"}, "first", "far.json")
        with self.assertRaisesRegex(SystemExit, "first/far.json has other shards"):
            collected(self.folder)

    def test_a_checkpoint_that_is_not_of_the_one_before_is_refused(self):
        for part in ("first", "slim"):
            self.setUp()
            self.write(b"another", part, "wide.pt")
            with self.assertRaisesRegex(SystemExit, f"wide.json is of another checkpoint than .*{part}/wide.pt"):
                collected(self.folder)


if __name__ == "__main__":
    unittest.main()
