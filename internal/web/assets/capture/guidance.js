// What <bonafide-capture> tells the person before the camera, from what the server answers. Nothing here touches the page.

const OVAL = { height: 0.78, aspect: 0.76, width: 0.8 }; // height of the picture, width to height, most of the picture's width

// Steady keeps the wording of the guidance from flickering: an instruction is shown once it came twice in a row, and stays for a while.
export class Steady {
  constructor(stay = 1200) {
    this.stay = stay;
    this.shown = null;
    this.since = -Infinity;
    this.candidate = null;
  }

  // offer takes what fits now and returns what to show.
  offer(instruction, now) {
    const again = instruction === this.candidate;
    this.candidate = instruction;
    const first = this.shown === null;
    if (instruction !== this.shown && (first || (again && now - this.since >= this.stay))) {
      this.shown = instruction;
      this.since = now;
    }
    return this.shown;
  }
}

// instructionFor is the code of what the person should mend first by an answer of the server, null when nothing is left. Where the face
// is in respect to the oval counts as well. With lenient, only what prevents a decision does.
export function instructionFor(answer, lenient = false) {
  const reason = answer.reasons.find((r) => r.code !== 'ATTACK_SUSPECTED' && (r.blocking || !lenient));
  if (reason) return reason.code;
  const face = answer.faces?.find((f) => f.assessed);
  return face ? placeOf(face.box, answer.picture) : null;
}

// placeOf compares a face's box with the oval.
function placeOf(box, picture) {
  const oval = ovalIn(picture.width, picture.height);
  const height = box.y2 - box.y1;
  const dx = Math.abs((box.x1 + box.x2) / 2 - picture.width / 2);
  const dy = Math.abs((box.y1 + box.y2) / 2 - picture.height / 2);
  if (height < 0.35 * oval.height) return 'FACE_TOO_SMALL';
  if (dx > 0.45 * oval.width || dy > 0.35 * oval.height) return 'FACE_CLOSE_TO_BORDER';
  return height > 1.15 * oval.height ? 'FACE_TOO_CLOSE' : null;
}

// ovalIn is the size of the oval in a picture.
export function ovalIn(width, height) {
  const high = Math.min(OVAL.height * height, (OVAL.width * width) / OVAL.aspect);
  return { width: high * OVAL.aspect, height: high };
}
