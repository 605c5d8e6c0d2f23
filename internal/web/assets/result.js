// An answer of the server for people: the verdict, its score, reasons, measures, timings, JSON and curl.
import { copyable, icon, make } from './dom.js';
import { cueMeasures, gauges, measures, qualityMeasures } from './gauges.js';
import { has, hintFor, messageFor, quantity, t } from './i18n.js';

// verdict is the decision with its score against the threshold. An answer that rests on no face has no score.
export function verdict(answer) {
  const { decision, score, threshold } = answer;
  const lead = answer.reasons.find((r) => (decision === 'spoof' ? r.code === 'ATTACK_SUSPECTED' : r.blocking));
  return make('div', { class: `card verdict ${decision}`, 'data-decision': decision },
    make('h2', {}, icon(decision), t(`decision.${decision}`)),
    make('p', {}, decision === 'live' || !lead ? t(`decision.${decision}.lead`) : messageFor(lead)),
    score === null ? make('p', { class: 'fine' }, t('score.none')) : scoreBar(score, threshold));
}

function scoreBar(score, threshold) {
  const value = quantity(score, '', 3);
  return make('div', { class: 'score' },
    make('div', { class: 'gauge' }, make('div', { class: 'name' }, make('span', {}, t('score')), make('output', { id: 'score' }, value))),
    make('div', { class: 'track', role: 'meter', 'aria-label': t('score'), 'aria-valuemin': 0, 'aria-valuemax': 1, 'aria-valuenow': score, 'aria-valuetext': value },
      make('span', { class: 'fill', vars: { '--at': `${100 * score}%` } }), make('span', { class: 'mark', vars: { '--at': `${100 * threshold}%` } })),
    make('div', { class: 'threshold' }, make('span', { class: threshold < 0.5 && 'after', vars: { '--at': `${100 * threshold}%` } }, t('score.threshold', { threshold: quantity(threshold, '', 2) }))));
}

// refusal says what was wrong with a request, as clearly as a verdict.
export function refusal(problem, fileName) {
  const key = has(`problem.${problem.code}`) ? `problem.${problem.code}` : 'problem.other';
  return make('div', { class: 'card verdict refused', 'data-problem': problem.code, role: 'alert' },
    make('h2', {}, icon('refused'), t(key)),
    make('p', { lang: problem.status ? 'en' : null }, problem.detail),
    make('p', { class: 'fine' }, [fileName, problem.status && `HTTP ${problem.status}`, problem.code, problem.requestID].filter(Boolean).join(' · ')));
}

// waiting stands where the verdict will be.
export const waiting = () => make('div', { class: 'card verdict waiting' }, make('h2', {}, make('span', { class: 'spinner', 'aria-hidden': 'true' }), t('waiting')));

export function reasons(list) {
  if (!list.length) return null;
  const item = (r) => make('li', { class: `${r.blocking ? 'blocking ' : ''}${r.code}` },
    make('strong', {}, hintFor(r)), make('span', {}, `${messageFor(r)} `), make('small', {}, r.code));
  return make('div', { class: 'card' }, make('h2', {}, t('reasons')), make('ul', { class: 'reasons' }, list.map(item)));
}

// faceCard has the measures of one face, and buttons to choose it when there are several.
export function faceCard(faces, chosen, limits, choose) {
  const face = faces[chosen];
  const buttons = faces.length > 1 && make('div', { class: 'faces', role: 'group', 'aria-label': t('faces') },
    faces.map((f, i) => make('button', { type: 'button', 'aria-pressed': String(i === chosen), click: () => choose(i) }, t('face.n', { n: i + 1 }))));
  return make('div', { class: 'card', id: 'measures' }, make('h2', {}, t('measures')), buttons,
    gauges([{ key: 'liveness', value: face.liveness, range: [0, 1], digits: 3, allowed: limits ? [limits.liveness, 1] : null }, ...measures(face, limits)]),
    make('h3', {}, t('measures.quality')), gauges(qualityMeasures(face, limits)),
    face.cues.length > 0 && [make('h3', {}, t('measures.cues')), gauges(cueMeasures(face))],
    limits && make('p', { class: 'fine' }, t('measures.allowed')));
}

export function timings(evidence, took) {
  const stages = Object.entries(evidence?.timings_ms ?? {});
  if (!stages.length) return null;
  const row = (name, ms) => make('tr', {}, make('td', {}, name), make('td', { class: 'number' }, quantity(ms, 'ms', 1)));
  return make('details', { class: 'card', id: 'timings' }, make('summary', {}, t('timings')),
    make('table', {}, make('tbody', {}, stages.map(([name, ms]) => row(has(`stage.${name}`) ? t(`stage.${name}`) : name, ms)), took && row(t('timings.all'), took))));
}

export function raw(answer, command) {
  const labels = { copy: t('copy'), copied: t('copied') };
  return [
    make('details', { class: 'card' }, make('summary', {}, t('raw.curl')), copyable(command, labels, { id: 'curl' })),
    answer && make('details', { class: 'card' }, make('summary', {}, t('raw.json')), copyable(JSON.stringify(answer, null, 2), labels, { id: 'json' })),
  ];
}
