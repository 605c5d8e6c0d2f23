"""Times what users would otherwise run beside bonafide: the two MiniFASNets of Silent-Face-Anti-Spoofing by PyTorch, loaded once, on one thread, for
one picture of 640×480 with its decoding and cropping, and a detector by OpenCV: YuNet, for their RetinaFace is not among the published networks at
hand. Bonafide is measured in turn with it, by its own bench: the peer's work alone, with and without a detector, and all that it measures beside it."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

import cv2
import onnx
import torch

from faces import FaceFinder, padded
from onnx_graph import OnnxGraph
from teachers import TEACHERS, live_logit

NETWORKS = {"v2": "2.7_80x80_MiniFASNetV2.pth", "v1se": "4_0_0_80x80_MiniFASNetV1SE.pth"}
OF_THE_PEER = ("MiniFASNetV2", "MiniFASNetV1SE")
# What each network that judges liveness reads of a picture, in pixels: one crop, three, two.
PIXELS = {"MiniFASNetV2": 80**2, "MiniFASNetV1SE": 80**2, "liveness": 128**2 + 2 * 80**2, "fr_liveness": 2 * 128**2}
MEGAPIXELS = 640 * 480 / 1e6


class Unfolded(OnnxGraph):
    """A published graph with the checkpoint's convolutions and batch norms, which PyTorch runs apart, in place of its folded ones."""

    def __init__(self, graph, checkpoint):
        super().__init__(graph)
        self.constants.update(torch.load(checkpoint, map_location="cpu"))
        self.nodes = [step for node in self.nodes for step in (_unfolded(node) if node.op_type == "Conv" else [node])]


def _unfolded(node):
    *path, layer = [part for part in node.name.split("/")[1:-1] if part != "model"]
    norm = {"conv": "bn", "fc1": "bn1", "fc2": "bn2"}[layer]
    convolution, normalization = (".".join(["module", *path, name]) for name in (layer, norm))
    inner = node.output[0] + " before its batch norm"
    convolve = onnx.NodeProto()
    convolve.CopyFrom(node)
    convolve.input[:], convolve.output[:] = [node.input[0], convolution + ".weight"], [inner]
    values = [f"{normalization}.{name}" for name in ("weight", "bias", "running_mean", "running_var")]
    return [convolve, onnx.helper.make_node("BatchNormalization", [inner, *values], [node.output[0]])]


class Peer:
    def __init__(self, peers, picture):
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        self.content = picture
        finder = os.path.join(peers, "yunet_2023mar_320.onnx")
        self.box = FaceFinder(finder).largest(cv2.imdecode(picture, cv2.IMREAD_COLOR))
        self.detector = cv2.dnn.readNet(finder)
        self.networks = []
        for name, checkpoint in NETWORKS.items():
            file, *rule = TEACHERS[name]
            self.networks.append((Unfolded(os.path.join(peers, file), os.path.join(peers, checkpoint)), *rule))

    def time(self, rounds):
        """The CPU time of a picture without and with its detector in milliseconds, medians of so many."""
        self._once()
        return [statistics.median(times) for times in zip(*(self._once() for _ in range(rounds)))]

    @torch.no_grad()
    def _once(self):
        began = time.process_time()
        image = cv2.imdecode(self.content, cv2.IMREAD_COLOR)
        for graph, rule, scale, side, live in self.networks:
            crop = torch.from_numpy(rule(image, self.box, scale, side).transpose(2, 0, 1)).float()[None]
            live_logit(graph(crop)[graph.output_names[0]], live)
        judged = time.process_time()
        self._detect(image)
        return 1000 * (judged - began), 1000 * (time.process_time() - began)

    def _detect(self, image):
        self.detector.setInput(cv2.dnn.blobFromImage(padded(image)[0]))
        self.detector.forward(self.detector.getUnconnectedOutLayersNames())


def landscape(path):
    """A picture's upper part as JPEG of 640×480; bench crops the same way."""
    image = cv2.imread(path)
    return cv2.imencode(".jpg", cv2.resize(image[: image.shape[1] * 3 // 4], (640, 480)), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]


def bench(program, models, picture, rounds):
    command = [program, "bench", picture, "--models", models, "--megapixels", str(MEGAPIXELS), "--rounds", str(rounds), "--clients", "0", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)["pictures"][0]


def own_times(rows):
    """The times of stages or networks by their names, in milliseconds."""
    return {row["name"]: row["ours_ms"] for row in rows}


def detection(stages, networks):
    """Finding the face, without its landmarks, of which some are a part of the stage."""
    return stages["detect"] - networks["fr_landmark"]


def peers_work(picture):
    """Decoding and both networks with their share of cropping, in milliseconds, without and with detection."""
    stages, networks = own_times(picture["stages"]), own_times(picture["networks"])
    cropping = max(0, stages["liveness"] - sum(networks[name] for name in PIXELS))
    share = sum(PIXELS[name] for name in OF_THE_PEER) / sum(PIXELS.values())
    work = stages["decode"] + sum(networks[name] for name in OF_THE_PEER) + share * cropping
    return work, work + detection(stages, networks)


def beside_it(picture):
    """All that an analysis without the pack does but decoding and detecting, in milliseconds."""
    stages, networks = own_times(picture["stages"]), own_times(picture["networks"])
    return picture["whole"]["ours_ms"] - stages["decode"] - detection(stages, networks)


def with_pack(program, models, peers, directory):
    """A copy of the models folder to which the pack with the peer's networks was added."""
    copy = os.path.join(directory, "models")
    shutil.copytree(models, copy)
    subprocess.run([program, "models", "add", "silent-face", "--from", peers, "--models", copy], check=True, stdout=subprocess.DEVNULL)
    return copy


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def measure(options, directory):
    """So many times in turn: the peer without and with its detector, the same by bonafide, and what bonafide does beside it, in milliseconds."""
    picture = os.path.join(directory, "picture.jpg")
    content = landscape(options.picture)
    content.tofile(picture)
    peer = Peer(options.peers, content)
    models = with_pack(options.program, options.pack, options.peers, directory)
    for _ in range(options.times):
        work = peers_work(bench(options.program, models, picture, options.rounds))
        beside = beside_it(bench(options.program, options.pack, picture, options.rounds))
        yield *peer.time(options.rounds), *work, beside


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="bin/bonafide")
    parser.add_argument("--pack", required=True, help="its models folder")
    parser.add_argument("--peers", required=True)
    parser.add_argument("--picture", required=True)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        without, whole, own_without, own_whole, beside = zip(*measure(options, directory))
    print(f"640×480, CPU milliseconds and parts of the peer's, {options.times} times in turn: medians (least to most)")
    show(f"decoding, two MiniFASNets by PyTorch {torch.__version__}", without)
    show("the same by bonafide", own_without, without)
    show(f"with a detector: YuNet by OpenCV {cv2.__version__}", whole)
    show("the same by bonafide, with its own", own_whole, whole)
    show("all that bonafide measures beside it", beside, whole)


def show(name, times, of=None):
    parts = "" if of is None else spread([time / other for time, other in zip(times, of)], ".2f")
    print(f"  {name:52}{spread(times, '.1f'):24}{parts}".rstrip())


if __name__ == "__main__":
    main()
