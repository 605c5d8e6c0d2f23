// The operator's page: state, licence, networks, rates and scores, and one picture under every policy and profile.
import { apiKey, assess, get, setKey } from './client.js';
import { byId, make } from './dom.js';
import { begin } from './frame.js';
import { currentLanguage, has, quantity, t } from './i18n.js';
import { buckets, parse, sums, value } from './metrics.js';
import { refusal, verdict, waiting } from './result.js';

const PERIOD = 5000; // between two looks at the server, in ms
const PATIENCE = 10_000; // with one question, in ms
let seen = null; // what the server said last: {state, ready, metrics, samples, settings, at}
let trouble = null; // the answer that came in the place of a newer one
let locked = false; // whether another key is needed
let last = null; // the requests counted before: {at, total}
let rate = null;
let compared = null; // the columns of the comparison: {name, outcome}

// ask is get, with the status 0 where no answer comes.
const ask = (path) => get(path, AbortSignal.timeout(PATIENCE)).catch(() => ({ ok: false, status: 0, body: {} }));

// look asks the server how it is doing. Where it does not say, what it said last stays, marked as out of date.
async function look() {
  const state = await ask('/admin/state.json');
  const [ready, metrics, settings] = state.ok ? await Promise.all(['/readyz', '/metrics', '/settings.json'].map(ask)) : [];
  locked = state.status === 401 || state.status === 403;
  trouble = locked ? null : [state, settings].find((answer) => answer && !answer.ok) ?? null;
  if (locked) seen = null;
  else if (!trouble) {
    seen = { state: state.body, ready: ready.body, metrics, samples: metrics.ok ? parse(metrics.body) : null, settings: settings.body, at: new Date() };
    measureRate();
  }
  render();
}

async function keepLooking() {
  try {
    if (!document.hidden && !locked) await look();
  } finally {
    setTimeout(keepLooking, PERIOD);
  }
}

function measureRate() {
  const total = value(seen.samples ?? [], 'bonafide_requests_total');
  const at = performance.now();
  if (last && total !== undefined) rate = Math.max(0, ((total - last.total) / (at - last.at)) * 60_000);
  last = total === undefined ? null : { total, at };
}

const list = (rows) => make('dl', {}, rows.filter(Boolean).map(([name, content]) => [make('dt', {}, name), make('dd', {}, content)]));
const panel = (title, ...content) => make('section', { class: 'card' }, make('h2', {}, title), content);
const moment = (at, timeStyle) => new Intl.DateTimeFormat(currentLanguage(), { dateStyle: 'medium', timeStyle }).format(at);
const date = (text) => moment(new Date(text), 'short');
const count = (v) => new Intl.NumberFormat(currentLanguage()).format(v ?? 0);

// why is what an answer that is not ok says.
function why({ status, body }) {
  if (!status) return t('problem.unreachable');
  const code = body?.error?.code;
  return has(`problem.${code}`) ? `${t(`problem.${code}`)} (HTTP ${status})` : `HTTP ${status}`;
}

function render() {
  byId('key').hidden = !locked;
  byId('key-problem').textContent = locked && apiKey() ? t('admin.refused') : '';
  byId('try').hidden = !seen;
  renderTrouble();
  update(byId('panels'), seen ? panels(seen) : []);
}

function renderTrouble() {
  const text = !trouble ? '' : seen ? t('admin.stale', { time: moment(seen.at, 'medium'), why: why(trouble) }) : t('admin.failed', { why: why(trouble) });
  byId('panels').classList.toggle('stale', trouble !== null);
  byId('trouble').hidden = !text;
  if (byId('trouble').textContent !== text) byId('trouble').textContent = text; // what stays as it was is not announced again
}

const panels = ({ state, ready, settings, metrics, samples }) => [
  statePanel(state, ready), licencePanel(state.licence), ...(samples ? [workPanel(samples), decisionsPanel(samples), scoresPanel(samples)]
    : [panel(t('admin.work'), make('p', {}, metrics.status === 404 ? t('admin.metrics.elsewhere') : t('admin.metrics.failed', { why: why(metrics) })))]),
  profilesPanel(settings), modelsPanel(state.models),
];

// update changes only the panels that say something else than before: focus and selection in the others stay.
function update(holder, panels) {
  const old = [...holder.children];
  panels.forEach((panel, i) => {
    if (!old[i]) holder.append(panel);
    else if (!old[i].isEqualNode(panel)) old[i].replaceWith(panel);
  });
  for (const gone of old.slice(panels.length)) gone.remove();
}

function statePanel(state, ready) {
  const ok = ready.status === 'ready';
  return panel(t('admin.state'), list([
    ['bonafide', make('strong', { class: ok ? 'ok' : 'bad' }, t(ok ? 'admin.ready' : 'admin.notReady'))],
    ...Object.entries(ready.checks ?? {}).map(([name, says]) => [name, make('span', { class: says === 'ok' ? 'ok' : 'bad' }, says)]),
    [t('admin.version'), state.version], [t('admin.started'), date(state.started)],
  ]));
}

function licencePanel(licence) {
  if (!licence.enforced) return panel(t('admin.licence'), make('p', {}, t('admin.licence.none')));
  return panel(t('admin.licence'), list([
    [t('admin.licence.state'), make('span', { class: licence.active ? 'ok' : 'bad' }, licence.active ? 'ok' : licence.reason)],
    licence.holder && [t('admin.licence.holder'), licence.holder],
    licence.id && [t('admin.licence.until'), licence.expires ? date(licence.expires) : t('admin.licence.unlimited')],
  ]));
}

function workPanel(samples) {
  const of = (name) => `${count(value(samples, name))} / ${count(value(samples, `${name}_limit`))}`;
  const mega = (name) => quantity((value(samples, name) ?? 0) / 1048576, ' MiB', 0);
  return panel(t('admin.work'), list([
    [t('admin.running'), of('bonafide_analyses_running')], [t('admin.queue'), of('bonafide_analyses_waiting')],
    [t('admin.memory'), `${mega('bonafide_upload_memory_bytes')} / ${mega('bonafide_upload_memory_bytes_limit')}`],
    [t('admin.requests'), count(value(samples, 'bonafide_requests_total'))], [t('admin.rate'), rate === null ? '…' : quantity(rate, '', 0)],
  ]));
}

function decisionsPanel(samples) {
  const decisions = Object.entries(sums(samples, 'bonafide_decisions_total', 'decision'));
  const refused = Object.entries(sums(samples, 'bonafide_refused_pictures_total', 'code'));
  if (decisions.length + refused.length === 0) return panel(t('admin.decisions'), make('p', { class: 'fine' }, t('admin.decisions.none')));
  return panel(t('admin.decisions'), list([
    ...decisions.map(([name, n]) => [name, count(n)]), ...refused.map(([code, n]) => [t('admin.refusedPictures', { code }), count(n)])]));
}

// scoresPanel draws the density of the scores: a bucket's area is its share.
function scoresPanel(samples) {
  const bars = buckets(samples, 'bonafide_liveness_score').map((b) => ({ ...b, high: Math.min(b.high, 1) }));
  const total = bars.reduce((sum, b) => sum + b.count, 0);
  if (!total) return panel(t('admin.scores'), make('p', { class: 'fine' }, t('admin.scores.none')));
  const density = (b) => b.count / Math.max(b.high - b.low, 0.01);
  const most = Math.max(...bars.map(density));
  const [width, height, base] = [400, 140, 120];
  const rects = bars.filter((b) => b.high > b.low).map((b) => {
    const high = (density(b) / most) * (base - 5);
    return make('rect', { x: b.low * width + 0.5, y: base - high, width: Math.max(1, (b.high - b.low) * width - 1), height: high },
      make('title', {}, `${b.low}–${b.high}: ${count(b.count)}`));
  });
  return panel(t('admin.scores'), make('svg', { class: 'histogram', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${t('admin.scores')}: ${total}` },
    rects, make('line', { x1: 0, x2: width, y1: base, y2: base }),
    [0, 0.5, 1].map((v) => make('text', { x: v * width, y: height - 4, 'text-anchor': v === 0 ? 'start' : v === 1 ? 'end' : 'middle' }, quantity(v, '', 1)))));
}

function profilesPanel({ policies, profiles }) {
  return panel(t('admin.profiles'), list([
    ...Object.entries(policies).map(([name, q]) => [name, `${t('score.threshold', { threshold: quantity(q.liveness, '', 2) })}`]),
    [t('option.profile'), ['default', ...profiles.filter((p) => p !== 'default')].join(', ')]]));
}

function modelsPanel(models) {
  const section = panel(t('admin.models'), make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('admin.models') }, make('table', {},
    make('thead', {}, make('tr', {}, ['admin.models.file', 'admin.models.purpose', 'admin.models.licence'].map((key) => make('th', {}, t(key))), make('th', {}, 'SHA-256'))),
    make('tbody', {}, models.map((m) => make('tr', {}, make('td', {}, m.file), make('td', {}, m.purpose), make('td', {}, m.licence), make('td', {}, make('code', { title: m.sha256 }, `${m.sha256.slice(0, 12)}…`))))))));
  section.classList.add('wide');
  return section;
}

// compare assesses one picture under every policy with every profile, one after the other.
async function compare(file) {
  const { policies, profiles } = seen.settings;
  compared = Object.keys(policies).flatMap((policy) => ['default', ...profiles.filter((p) => p !== 'default')].map((profile) => ({ policy, profile })));
  renderComparison();
  for (const column of compared) {
    column.outcome = await assess(file, { policy: column.policy, profile: column.profile });
    renderComparison();
  }
}

function renderComparison() {
  if (!compared) return;
  byId('comparison').replaceChildren(make('div', { class: 'comparison' }, compared.map(({ policy, profile, outcome }) => make('div', { 'data-policy': policy, 'data-profile': profile },
    make('h3', {}, `${t('option.policy')} ${policy} · ${t('option.profile')} ${profile}`),
    !outcome ? waiting() : outcome.problem ? refusal(outcome.problem) : [verdict(outcome.answer),
      make('p', { class: 'fine' }, outcome.answer.reasons.map((r) => r.code).join(', '))]))));
}

byId('key').addEventListener('submit', (event) => {
  event.preventDefault();
  setKey(new FormData(event.target).get('key'));
  look();
});
byId('try-form').addEventListener('submit', (event) => {
  event.preventDefault();
  compare(byId('try-file').files[0]);
});
begin(() => { renderComparison(); render(); });
keepLooking();
