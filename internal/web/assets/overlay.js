// Results drawn onto the picture.
import { make } from './dom.js';
import { t } from './i18n.js';

// picture shows url with the faces of an answer over it. Picture and overlay share the coordinates of the upright picture.
export function picture(url, { width, height }, faces, decisions, choose) {
  const img = make('img', { src: url, alt: t('picture.alt', { n: faces.length }), draggable: 'false' });
  const holder = make('div', { class: 'picture' }, img, overlay(width, height, faces, decisions, choose));
  holder.style.aspectRatio = `${width} / ${height}`;
  holder.style.maxWidth = `calc(66vh * ${width / height})`;
  img.addEventListener('error', () => holder.classList.add('blank')); // a kind of file that the browser does not show
  return holder;
}

function overlay(width, height, faces, decisions, choose) {
  const unit = Math.max(width, height) / 100;
  return make('svg', { class: 'overlay', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    faces.map((face, i) => make('g', { class: `face ${decisions[i]}`, 'data-face': i, click: () => choose(i) },
      box(face.box, 'halo'), box(face.box, 'line'), label(face, i, unit, faces.length > 1), points(face, unit))));
}

function box({ x1, y1, x2, y2 }, name) {
  return make('rect', { class: name, x: x1, y: y1, width: x2 - x1, height: y2 - y1, rx: (x2 - x1) * 0.04 });
}

function label({ box: b }, i, unit, many) {
  return many && make('text', { x: b.x1 + unit, y: b.y1 + unit * 4.5, 'font-size': unit * 4, 'stroke-width': unit * 0.8 }, String(i + 1));
}

function points({ box: b, landmarks = [] }, unit) {
  const r = Math.min(unit * 0.45, (b.x2 - b.x1) / 75);
  return landmarks.map(({ x, y }) => make('circle', { cx: x, cy: y, r }));
}
