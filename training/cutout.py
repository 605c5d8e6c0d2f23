"""Cuts the person out of a portrait, so that another place can be put behind them. Pictures are H×W×3 uint8 BGR; boxes are (left, top, right, bottom)."""
import os

import cv2
import numpy as np

LONGEST = 220  # pixels of the side on which a portrait is cut out


def mattes_beside(prepared):
    """Where prepare.py puts the mattes of the pictures that it lists in the file prepared."""
    return os.path.join(os.path.dirname(prepared), "mattes.npz")


def outline(shape, box):
    """Where head and shoulders roughly are in a picture of the shape: a 0/1 float32 mask."""
    mask = np.zeros(shape[:2], np.float32)
    w, h = box[2] - box[0], box[3] - box[1]
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    cv2.ellipse(mask, (int(cx), int(cy - 0.08 * h)), (int(0.78 * w), int(0.78 * h)), 0, 0, 360, 1, -1)
    bottom = shape[0] + 5
    shoulders = [(-0.45, cy + 0.4 * h), (0.45, cy + 0.4 * h), (1.6, cy + 1.25 * h), (1.7, bottom), (-1.7, bottom), (-1.6, cy + 1.25 * h)]
    cv2.fillPoly(mask, [np.array([[cx + x * w, y] for x, y in shoulders], np.int32)], 1)
    return mask


def matte(picture, box):
    """How much of each pixel is the person whose face the box holds: uint8, 0–255, LONGEST pixels long. By GrabCut, which studio backgrounds suit."""
    k = LONGEST / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    marks = _marked(small.shape, np.asarray(box) * k)
    cv2.setRNGSeed(1)  # GrabCut begins with random clusters
    cv2.grabCut(small, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    person = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, parts = cv2.connectedComponents(person)
    middle = int((box[1] + box[3]) / 2 * k), int((box[0] + box[2]) / 2 * k)
    person = cv2.morphologyEx((parts == parts[middle]).astype(np.float32), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    soft = np.clip((cv2.GaussianBlur(person, (0, 0), 0.8) - 0.15) / 0.7, 0, 1)
    return (255 * soft).astype(np.uint8)


def _marked(shape, box):
    """GrabCut's first guess: the face and the chest are the person for certain, what is far from head and shoulders is not."""
    guess = outline(shape, box)
    marks = np.where(guess > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    w, h = box[2] - box[0], box[3] - box[1]
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    marks[cv2.dilate(guess, None, iterations=max(1, int(0.35 * w))) == 0] = cv2.GC_BGD
    cv2.ellipse(marks, (int(cx), int(cy)), (int(0.42 * w), int(0.48 * h)), 0, 0, 360, cv2.GC_FGD, -1)
    chest = [(-0.3, cy + 0.5 * h), (0.3, cy + 0.5 * h), (0.8, shape[0]), (-0.8, shape[0])]
    cv2.fillPoly(marks, [np.array([[cx + x * w, y] for x, y in chest], np.int32)], cv2.GC_FGD)
    return marks
