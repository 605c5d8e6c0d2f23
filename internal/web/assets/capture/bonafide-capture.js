// <bonafide-capture> guides a person before a camera, sends a few frames to a bonafide server and reports its decision.
//
//   <script type="module" src="https://YOUR-SERVER/capture/bonafide-capture.js"></script>
//   <bonafide-capture policy="default" language="de"></bonafide-capture>
//
// Attributes: server (by default where this file came from), policy, profile, language, frames (2 to 30, by default 5).
// Events, which bubble: bonafide-state, bonafide-guidance, bonafide-result, bonafide-error; bonafide-capture.d.ts has their types.
// No picture leaves the browser before the person has agreed.
import { content, sheet } from './elements.js';
import { Steady, instructionFor, ovalIn } from './guidance.js';
import { chooseLanguage, fill, strings } from './strings.js';

const LONGEST_SIDE = 960; // of a frame that is sent, in pixels
const GUIDE_PAUSE = 200; // between an answer and the next guidance frame, in ms
const FRAME_PAUSE = 180; // between two frames of the capture, in ms
const HOLDS = 2; // answers in a row without an objection before the capture
const PATIENCE = 90_000; // with the guidance, and with the decision, until it is given up, in ms
const LENIENCE = 5_000; // how long hints that do not prevent a decision hold the capture up, in ms

// Failure ends a capture; code is a key of the strings' "errors" or the server's.
class Failure extends Error {
  constructor(code, detail = '') {
    super(detail || code);
    this.code = code;
    this.detail = detail;
  }
}

const cameraFailures = {
  NotAllowedError: 'camera_refused', SecurityError: 'camera_refused', NotFoundError: 'camera_missing', OverconstrainedError: 'camera_missing',
};

async function openCamera(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw new Failure('camera_insecure');
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'user' };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, width: { ideal: 1280 }, height: { ideal: 960 } } });
  } catch (error) {
    throw new Failure(cameraFailures[error.name] ?? 'camera_in_use', error.message);
  }
}

// wait resolves after ms and rejects as soon as signal is aborted.
function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

// nextPicture resolves when the camera has a picture that was not seen yet.
function nextPicture(video, signal) {
  if (!video.requestVideoFrameCallback) return wait(60, signal);
  return new Promise((resolve, reject) => {
    const handle = video.requestVideoFrameCallback(() => resolve());
    signal.addEventListener('abort', () => { video.cancelVideoFrameCallback(handle); reject(signal.reason); }, { once: true });
  });
}

export class BonafideCapture extends HTMLElement {
  static observedAttributes = ['language', 'server'];

  // apiKey is sent with every request. A page that is open to everybody should not hold a key but let its own server pass requests on.
  apiKey = this.apiKey ?? ''; // which may have been set before the element was defined

  #state = 'idle';
  #keepsNothing = false; // whether the server says that it keeps no picture
  #steady = new Steady();
  #session = null; // an AbortController while a capture runs; what ends it is a Failure where it is told of
  #patience = 0; // a timer that gives the capture up
  #stream = null;
  #instruction = null; // [kind, code, values] of the guidance shown
  #onVisibility = () => this.#visibilityChanged();

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.append(...content());
    const style = new CSSStyleSheet();
    style.replaceSync(sheet);
    root.adoptedStyleSheets = [style];
    root.addEventListener('click', (event) => this.#act(event.target.dataset?.act));
    this.#find('select').addEventListener('change', (event) => this.#begin(event.target.value));
    for (const name of ['loadedmetadata', 'resize']) this.#find('video').addEventListener(name, () => this.#fit());
  }

  connectedCallback() {
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#translate();
    this.#learn();
  }

  disconnectedCallback() {
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.cancel();
  }

  attributeChangedCallback(name) { this.#translate(); if (name === 'server' && this.isConnected) this.#learn(); }

  // state is idle, starting, guiding, capturing, sending, paused, done or failed.
  get state() { return this.#state; }
  // server is an address below which the API is: its path ends with "/", whether the attribute's does or not.
  get server() {
    const url = new URL(this.getAttribute('server') || '/', this.hasAttribute('server') ? document.baseURI : import.meta.url);
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return url;
  }
  get language() { return chooseLanguage(this.getAttribute('language'), this.closest('[lang]')?.lang, ...navigator.languages); }
  get frames() { return Math.min(30, Math.max(2, Number.parseInt(this.getAttribute('frames') ?? '', 10) || 5)); }

  // cancel ends a capture and returns to asking for consent. The camera is let go of.
  cancel() {
    this.#end();
    this.#say(null);
    this.#enter('idle');
  }

  // #learn asks the server whether it keeps pictures, for the consent. One that does not tell may.
  async #learn() {
    this.#keepsNothing = false;
    const { href } = this.server;
    const settings = await fetch(new URL('settings.json', href), { credentials: 'same-origin' }).then((response) => response.json()).catch(() => null);
    if (href !== this.server.href) return;
    this.#keepsNothing = settings?.keeps_nothing === true;
    this.#translate();
  }

  #find(selector) { return this.shadowRoot.querySelector(selector); }

  #act(what) {
    if (what === 'agree' || what === 'again') {
      this.#begin(this.#find('select').value);
      this.#find('[data-act=cancel]').focus({ preventScroll: true }); // the button that was pressed is gone
    }
    if (what === 'cancel') { this.cancel(); this.#find('[data-act=agree]').focus(); }
  }

  #end() {
    this.#session?.abort();
    this.#session = null;
    clearTimeout(this.#patience);
    this.#release();
  }

  #release() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#find('video').srcObject = null;
  }

  // #begin runs one capture from the camera to the decision.
  async #begin(deviceId) {
    this.#end();
    const session = new AbortController();
    this.#session = session;
    const { signal } = session;
    signal.addEventListener('abort', () => { if (signal.reason instanceof Failure) this.#fail(signal.reason); });
    try {
      this.#enter('starting');
      this.#say(['text', 'starting']);
      await this.#start(deviceId, session);
      this.#bePatient(session);
      await this.#guide(signal);
      const frames = await this.#take(signal);
      this.#enter('sending');
      this.#say(['text', 'sending']);
      this.#bePatient(session);
      const answer = await this.#patiently(() => this.#post('v1/liveness/frames', frames, signal), signal);
      this.#end();
      this.#enter('done');
      this.#say(['decision', answer.decision, { reason: answer.reasons.find((r) => r.code === 'ATTACK_SUSPECTED') ?? answer.reasons[0] }]);
      this.#emit('bonafide-result', { decision: answer.decision, answer, frames });
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
    if (this.#state === 'done' || this.#state === 'failed') this.#find('[data-act=again]').focus({ preventScroll: true });
  }

  // #bePatient gives a capture up after a while, whatever it waits for.
  #bePatient(session) {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => session.abort(new Failure('timeout')), PATIENCE);
  }

  #fail(error) {
    this.#end();
    if (error.code?.startsWith('camera_')) this.#find('select').replaceChildren(); // next time any camera will do
    if (!(error instanceof Failure)) console.error(error);
    const { code = 'refused', detail = String(error) } = error;
    this.#enter('failed');
    this.#say(['error', code, { detail }]);
    this.#emit('bonafide-error', { code, detail });
  }

  async #start(deviceId, session) {
    const { signal } = session;
    const stream = await openCamera(deviceId);
    if (signal.aborted) {
      for (const track of stream.getTracks()) track.stop();
      signal.throwIfAborted();
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener('ended', () => session.abort(new Failure('camera_lost')));
    const settings = track.getSettings();
    this.#find('.stage').classList.toggle('mirrored', settings.facingMode !== 'environment');
    const video = this.#find('video');
    video.srcObject = stream;
    await video.play();
    signal.throwIfAborted();
    await this.#listCameras(settings.deviceId, signal);
  }

  async #listCameras(current, signal) {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === 'videoinput');
    signal.throwIfAborted();
    const options = cameras.map((d, i) => new Option(d.label || `${this.#words().camera} ${i + 1}`, d.deviceId, false, d.deviceId === current));
    this.#find('select').replaceChildren(...options);
    this.#find('label').hidden = cameras.length < 2;
  }

  // #guide asks the server about pictures until it has nothing to object to.
  async #guide(signal) {
    this.#enter('guiding');
    this.#say(['text', 'looking']);
    this.#steady = new Steady();
    let holds = 0;
    let mild = null; // since when only hints are left that do not prevent a decision
    while (holds < HOLDS) {
      const answer = await this.#patiently(async () => this.#post('v1/liveness', [await this.#grab(signal)], signal), signal);
      const now = performance.now();
      mild = instructionFor(answer, true) === null ? mild ?? now : null;
      const instruction = instructionFor(answer, mild !== null && now - mild > LENIENCE);
      holds = instruction === null ? holds + 1 : 0;
      const shown = this.#steady.offer(instruction ?? 'hold', now);
      this.#find('.stage').classList.toggle('holding', shown === 'hold');
      this.#say(shown === 'hold' ? ['text', 'hold'] : ['guide', shown, { hint: answer.reasons.find((r) => r.code === shown)?.hint }]);
      await wait(GUIDE_PAUSE, signal);
    }
  }

  // #patiently asks, and asks again while the server is busy, after as long as it says.
  async #patiently(ask, signal) {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Failure) || !error.retryAfter) throw error;
        this.#say(['text', 'busy']);
        await wait(error.retryAfter * 1000, signal);
      }
    }
  }

  async #take(signal) {
    this.#enter('capturing');
    this.#say(['text', 'hold']);
    this.#find('.stage').classList.add('holding');
    const frames = [];
    while (frames.length < this.frames) {
      frames.push(await this.#grab(signal));
      await wait(FRAME_PAUSE, signal);
    }
    return frames;
  }

  // #grab is the camera's next picture as a JPEG file, not mirrored.
  async #grab(signal) {
    const video = this.#find('video');
    await nextPicture(video, signal);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.92); });
    signal.throwIfAborted();
    if (!blob) throw new Failure('camera_in_use');
    return blob;
  }

  async #post(path, pictures, signal) {
    const url = new URL(path, this.server);
    for (const name of ['policy', 'profile']) if (this.getAttribute(name)) url.searchParams.set(name, this.getAttribute(name));
    const body = new FormData();
    pictures.forEach((picture, i) => body.append('file', picture, `frame-${i + 1}.jpg`));
    let response;
    try {
      response = await fetch(url, { method: 'POST', body, signal, credentials: 'same-origin', headers: this.apiKey ? { 'X-API-Key': this.apiKey } : {} });
    } catch (error) {
      signal.throwIfAborted();
      throw new Failure('unreachable', error.message);
    }
    const answer = await response.json().catch(() => ({}));
    signal.throwIfAborted();
    if (answer.decision) return answer;
    if (response.ok) throw new Failure('unreachable', 'what came is no answer of bonafide');
    // A refusal may come without its body: from a proxy, or where the server closes the connection before all is sent.
    const code = answer.code ?? { 429: 'over_rate', 503: 'busy' }[response.status] ?? `status_${response.status}`;
    const failure = new Failure(code, answer.detail ?? response.statusText);
    if (failure.code === 'busy' || failure.code === 'over_rate') failure.retryAfter = Math.min(10, Number(response.headers.get('Retry-After')) || 1);
    throw failure;
  }

  // #visibilityChanged lets go of the camera while the page cannot be seen, and begins anew afterwards.
  #visibilityChanged() {
    const running = ['starting', 'guiding', 'capturing'].includes(this.#state);
    if (document.hidden && running) {
      this.#end();
      this.#enter('paused');
      this.#say(['text', 'paused']);
    } else if (document.hidden) {
      this.#release(); // the frames have been taken
    } else if (!document.hidden && this.#state === 'paused') {
      this.#begin(this.#find('select').value);
    }
  }

  #enter(state) {
    const changed = state !== this.#state;
    this.#state = state;
    const seen = ['guiding', 'capturing', 'sending'].includes(state);
    const ended = ['done', 'failed'].includes(state);
    this.#find('.consent').hidden = state !== 'idle';
    this.#find('.stage').hidden = !seen;
    this.#find('.controls').hidden = state === 'idle';
    this.#find('[data-act=again]').hidden = !ended;
    this.#find('[data-act=cancel]').hidden = ended;
    const select = this.#find('select');
    const left = this.shadowRoot.activeElement === select;
    select.disabled = !['starting', 'guiding'].includes(state);
    if (select.disabled && left) this.#find('[data-act=cancel]').focus({ preventScroll: true });
    if (!seen) this.#find('.stage').classList.remove('holding');
    if (changed) this.#emit('bonafide-state', { state });
  }

  // #fit gives the stage the camera's shape, which changes when a phone is turned.
  #fit() {
    const { videoWidth: width, videoHeight: height } = this.#find('video');
    if (!width) return;
    const stage = this.#find('.stage');
    stage.style.aspectRatio = `${width} / ${height}`;
    stage.style.width = `min(100%, calc(62vh * ${width / height}))`;
    const [cx, cy] = [width / 2, height / 2];
    const oval = ovalIn(width, height);
    const [rx, ry] = [oval.width / 2, oval.height / 2];
    this.#find('svg').setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#find('.shade').setAttribute('d', `M0 0H${width}V${height}H0ZM${cx - rx} ${cy}A${rx} ${ry} 0 0 0 ${cx + rx} ${cy}A${rx} ${ry} 0 0 0 ${cx - rx} ${cy}Z`);
    const ellipse = this.#find('.oval');
    for (const [name, value] of Object.entries({ cx, cy, rx, ry })) ellipse.setAttribute(name, value);
  }

  #words() { return strings[this.language]; }

  // #say shows and announces a text, once for each change.
  #say(instruction) {
    this.#instruction = instruction;
    const text = instruction ? this.#textOf(...instruction) : '';
    const line = this.#find('.guidance');
    if (line.textContent === text) return;
    line.textContent = text;
    if (text) this.#emit('bonafide-guidance', { code: instruction[1], text });
  }

  #textOf(kind, code, { detail, hint, reason } = {}) {
    const words = this.#words();
    switch (kind) {
      case 'guide':
        return words.guide[code] ?? hint ?? code;
      case 'decision':
        return code === 'live' || !reason ? words[code] : `${words[code]} ${words.guide[reason.code] ?? reason.hint}`;
      case 'error':
        return words.errors[code] ?? fill(words.errors.refused, { detail });
      default:
        return words[code];
    }
  }

  #translate() {
    const words = this.#words();
    for (const part of this.shadowRoot.children) part.lang = this.language;
    this.#find('.consent p').textContent = fill(words.consent, { server: this.server.host, keeping: words[this.#keepsNothing ? 'keepsNothing' : 'mayKeep'] });
    for (const b of this.shadowRoot.querySelectorAll('button')) b.textContent = words[b.dataset.act];
    this.#find('label span').textContent = words.camera;
    this.#find('video').setAttribute('aria-label', words.picture);
    if (this.#instruction) this.#say(this.#instruction);
  }

  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true })); }
}

if (!customElements.get('bonafide-capture')) customElements.define('bonafide-capture', BonafideCapture);
