// Every measure of a face as a small gauge: its range, what the policy allows, and where the face is.
import { make } from './dom.js';
import { has, quantity, t } from './i18n.js';

// measures lists those of a face; "allowed" is what the requirements of the policy in force allow, where they say something.
export function measures(face, limits) {
  const share = (key, value, most) => ({ key, value, range: [0, 1], allowed: most === undefined ? null : [0, most] });
  const angle = (key) => ({ key, value: face.pose[key], range: [-90, 90], unit: '°', allowed: limits ? [-limits.max_angle, limits.max_angle] : null });
  const least = (key, value, low) => ({ key, value, range: [0, 1], allowed: low === undefined ? null : [low, 1] });
  const wide = Math.max(200, Math.ceil(face.eye_distance / 100) * 100);
  return [
    angle('yaw'), angle('pitch'), angle('roll'),
    share('left_eye_closed', face.left_eye_closed, limits?.max_eye_closed), share('right_eye_closed', face.right_eye_closed, limits?.max_eye_closed),
    share('mouth_opened', face.mouth_opened, limits?.max_mouth_opened), share('occlusion', face.occlusion, limits?.max_occlusion),
    { key: 'eye_distance', value: face.eye_distance, range: [0, wide], unit: 'px', allowed: limits ? [limits.min_eye_distance, wide] : null },
    { key: 'luminance', value: face.luminance, range: [0, 255], digits: 0, allowed: limits ? [limits.min_luminance, limits.max_luminance] : null },
    least('confidence', face.confidence), least('quality', face.quality.score, limits?.min_quality),
  ];
}

// qualityMeasures are the parts of the quality.
export function qualityMeasures(face, limits) {
  return Object.entries(face.quality.measures).map(([key, value]) => (
    { key: `quality.${key}`, value, range: [0, 1], allowed: key === 'sharpness' && limits ? [limits.min_sharpness, 1] : null }));
}

// cueMeasures are what each network says of each crop.
export function cueMeasures(face) {
  return face.cues.map(({ network, crop, logit }) => ({ name: `${network} ${crop}`, value: logit, range: [-10, 10], digits: 1 }));
}

// gauges shows measures.
export const gauges = (list) => make('div', { class: 'gauges' }, list.map(gauge));

function gauge({ key, name = has(`measure.${key}`) ? t(`measure.${key}`) : key, value, range: [low, high], unit = '', digits, allowed }) {
  const at = (v) => `${(100 * (Math.min(high, Math.max(low, v)) - low)) / (high - low)}%`;
  const text = quantity(value, unit, digits ?? (unit ? 0 : 2));
  const outside = allowed && (value < allowed[0] || value > allowed[1]);
  return make('div', { class: `gauge ${outside ? 'out' : ''}` },
    make('div', { class: 'name' }, make('span', {}, name), make('output', {}, text)),
    make('div', { class: 'track', role: 'meter', 'aria-label': name, 'aria-valuemin': low, 'aria-valuemax': high, 'aria-valuenow': value, 'aria-valuetext': text },
      allowed && make('span', { class: 'allowed', vars: { '--from': at(allowed[0]), '--to': at(allowed[1]) } }),
      make('span', { class: 'mark', vars: { '--at': at(value) } })),
    make('div', { class: 'range' }, make('span', {}, quantity(low, unit, 0)), make('span', {}, quantity(high, unit, 0))));
}
