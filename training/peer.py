"""Times what users would otherwise run: the two MiniFASNets of Silent-Face-Anti-Spoofing by PyTorch, loaded once, on one thread, for one picture
with its decoding and cropping. Their RetinaFace detector by OpenCV is left out, and batch norm is folded: the peer is slower than this."""
import argparse
import os
import statistics
import time

import cv2
import torch

from faces import FaceFinder
from teachers import TEACHERS, live_logit, of_branch

NETWORKS = {"wide": "v2", "far": "v1se"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--picture", required=True)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    picture = cv2.resize(cv2.imread(options.picture), (640, 480))
    content = cv2.imencode(".jpg", picture)[1]
    box = FaceFinder(os.path.join(options.peers, "yunet_2023mar_320.onnx")).largest(picture)
    networks = [(of_branch(branch, [options.peers]), TEACHERS[teacher]) for branch, teacher in NETWORKS.items()]
    times = []
    for _ in range(options.rounds):
        began = time.process_time()
        image = cv2.imdecode(content, cv2.IMREAD_COLOR)
        for graph, (_, rule, scale, side, live) in networks:
            crop = torch.from_numpy(rule(image, box, scale, side).transpose(2, 0, 1)).float()[None]
            live_logit(graph(crop)[graph.output_names[0]], live)
        times.append(1000 * (time.process_time() - began))
    print(f"640×480, decoding and two MiniFASNets by PyTorch {torch.__version__}: {statistics.median(times):.1f} ms of CPU"
          f" ({min(times):.1f} to {max(times):.1f})")


if __name__ == "__main__":
    main()
