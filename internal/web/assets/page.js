// The page at /: a picture or a capture goes in, the explained answer comes out.
import '/capture/bonafide-capture.js';
import { apiKey, assess, curl, get } from './client.js';
import { byId, make } from './dom.js';
import { begin } from './frame.js';
import { t } from './i18n.js';
import { keyForm, needsKey } from './key.js';
import { picture } from './overlay.js';
import { faceCard, raw, reasons, refusal, timings, verdict, waiting } from './result.js';

const capture = document.querySelector('bonafide-capture');
const options = { policy: '', profile: '', faces: '' };
let settings = { policies: {}, profiles: [] };
let shown = null; // what is on the page: {file, url, …} with answer or problem
let chosen = 0; // the face whose measures are shown
let running = null; // an AbortController

async function assessPicture(file) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  show({ file, names: [file.name], url: URL.createObjectURL(file), path: '/v1/liveness', asked: { ...options } });
  try {
    const outcome = await assess(file, options, signal);
    if (!signal.aborted) show({ ...shown, ...outcome });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

// showCapture shows a capture's decision on its best frame. Which faces are meant is not asked of a capture.
function showCapture({ answer, frames }) {
  const best = Math.max(0, answer.best);
  const names = frames.map((_, i) => `frame-${i + 1}.jpg`);
  show({ url: URL.createObjectURL(frames[best]), frame: answer.frames[best], answer, names, path: '/v1/liveness/frames', asked: { policy: options.policy, profile: options.profile } });
}

function show(next) {
  if (shown && shown.url !== next.url) URL.revokeObjectURL(shown.url);
  shown = next;
  const faces = facesOf(shown);
  chosen = Math.max(0, faces.findIndex((f) => f.assessed));
  render();
}

const facesOf = ({ answer, frame = answer }) => frame?.faces ?? [];

function render() {
  byId('drop').hidden = shown !== null || !byId('camera').hidden;
  byId('after').hidden = byId('figure').hidden = shown === null;
  if (!shown) return;
  const { answer, problem, names, path, asked, took, file } = shown;
  const command = curl(names, asked, path);
  renderFigure();
  byId('landmarks').parentElement.hidden = facesOf(shown).length === 0;
  const limits = settings.policies[answer?.policy];
  const faces = facesOf(shown);
  byId('result').replaceChildren(...(problem
    ? [refusal(problem, file?.name), needsKey(problem.code) && askForKey(), ...raw(null, command)]
    : answer
      ? [verdict(answer), reasons(answer.reasons), faces.length > 0 && faceCard(faces, chosen, limits, choose), timings(answer.evidence, took), ...raw(answer, command)]
      : [waiting()]).filter(Boolean));
  announce();
}

function renderAll() {
  renderOptions();
  render();
}

// announce tells screen readers the verdict alone: every gauge would be too much.
function announce() {
  const lines = document.querySelectorAll('#result .verdict > h2, #result .verdict > p');
  byId('announce').textContent = [...lines].map((line) => line.textContent).join('. ');
}

function renderFigure() {
  const { answer, frame = answer, url, file } = shown;
  const img = make('img', { src: url, alt: '' });
  const caption = [file?.name, frame && `${frame.picture.width} × ${frame.picture.height}`, frame?.picture.format].filter(Boolean).join(' · ');
  byId('figure').hidden = Boolean(shown.problem);
  if (!frame) {
    img.addEventListener('load', () => { holder.style.aspectRatio = `${img.naturalWidth} / ${img.naturalHeight}`; holder.style.maxWidth = `calc(66vh * ${img.naturalWidth / img.naturalHeight})`; });
    const holder = make('div', { class: 'picture' }, img);
    byId('figure').replaceChildren(holder, make('figcaption', {}, caption));
    return;
  }
  const holder = picture(url, frame.picture, facesOf(shown), facesOf(shown).map((f) => decisionOn(f, answer)), choose);
  holder.querySelector(`[data-face="${chosen}"]`)?.classList.add('chosen');
  holder.querySelector('.overlay').classList.toggle('bare', !byId('landmarks').checked);
  byId('figure').replaceChildren(holder, make('figcaption', {}, caption));
}

// decisionOn colours a face: by its score where the decision rests on it.
function decisionOn(face, { decision, threshold }) {
  if (!face.assessed) return 'other';
  return decision === 'cannot_assess' ? decision : face.liveness > threshold ? 'live' : 'spoof';
}

function choose(i) {
  chosen = i;
  render();
  byId('measures')?.querySelector('[aria-pressed=true]')?.focus({ preventScroll: true });
}

// renderOptions builds the options anew, which takes the focus from them.
function renderOptions() {
  const policies = Object.keys(settings.policies);
  const field = (name, values, label) => values.length > 1 && make('label', {}, t(`option.${name}`),
    make('select', { name, change: (event) => { options[name] = event.target.value; applyOptions(); } },
      values.map((value) => make('option', { value, selected: value === options[name] }, label(value)))));
  const plain = (value) => value || t('option.standard');
  byId('options').replaceChildren(...[
    field('policy', ['', ...policies.filter((p) => p !== 'default')], plain),
    field('profile', ['', ...settings.profiles], plain),
    settings.overrides && field('faces', ['', 'largest', 'central', 'all', 'reject'], (value) => t(`option.faces.${value || 'standard'}`)),
  ].filter(Boolean));
}

function applyOptions() {
  capture.setAttribute('policy', options.policy);
  capture.setAttribute('profile', options.profile);
  if (shown?.file) assessPicture(shown.file);
}

const askForKey = () => keyForm(() => {
  capture.apiKey = apiKey();
  if (shown?.file) assessPicture(shown.file);
  else toStart(true);
});

// toStart empties the page, with the camera open or not.
function toStart(camera) {
  running?.abort();
  if (shown) URL.revokeObjectURL(shown.url);
  shown = null;
  capture.cancel();
  byId('camera').hidden = !camera;
  byId('result').replaceChildren();
  render();
  (camera ? capture.shadowRoot.querySelector('button') : byId('choose')).focus();
}

function take(files) {
  const file = [...files][0];
  if (!file) return;
  capture.cancel();
  byId('camera').hidden = true;
  assessPicture(file);
}

function listen() {
  byId('choose').addEventListener('click', () => byId('file').click());
  byId('another').addEventListener('click', () => { toStart(false); byId('file').click(); });
  byId('use-camera').addEventListener('click', () => toStart(true));
  byId('camera-again').addEventListener('click', () => toStart(true));
  byId('close-camera').addEventListener('click', () => toStart(false));
  byId('landmarks').addEventListener('change', (event) => document.querySelector('.overlay')?.classList.toggle('bare', !event.target.checked));
  byId('file').addEventListener('change', (event) => { take(event.target.files); event.target.value = ''; });
  capture.addEventListener('bonafide-result', ({ detail }) => { byId('camera').hidden = true; showCapture(detail); });
  capture.addEventListener('bonafide-error', ({ detail }) => byId('result').replaceChildren(...(needsKey(detail.code) ? [askForKey()] : [])));
  document.addEventListener('dragover', (event) => { event.preventDefault(); byId('drop').classList.add('over'); });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) byId('drop').classList.remove('over'); });
  document.addEventListener('drop', (event) => { event.preventDefault(); byId('drop').classList.remove('over'); take(event.dataTransfer.files); });
  document.addEventListener('paste', (event) => take(event.clipboardData.files));
}

capture.apiKey = apiKey();
listen();
begin(renderAll);
const { ok, body } = await get('/settings.json').catch(() => ({})); // without it there is nothing to choose and no range to show
if (ok) settings = body;
renderAll();
