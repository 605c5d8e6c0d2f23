// The page at /capture: the web component as another site would use it, with its events.
import '/capture/bonafide-capture.js';
import { apiKey } from './client.js';
import { byId } from './dom.js';
import { begin } from './frame.js';
import { keyForm, needsKey } from './key.js';
import { reasons, verdict } from './result.js';

const capture = document.querySelector('bonafide-capture');
let answer = null;
let locked = false; // whether the server asked for an API key, or another one

function render() {
  const decision = answer ? [verdict(answer), reasons(answer.reasons)] : locked ? [keyForm(unlock)] : [];
  byId('decision').replaceChildren(...decision.filter(Boolean));
}

function unlock() {
  capture.apiKey = apiKey();
  locked = false;
  render();
  capture.shadowRoot.querySelector('[data-act=again]').focus();
}

capture.apiKey = apiKey();
byId('embed').textContent = `<script type="module" src="${location.origin}/capture/bonafide-capture.js"></script>
<bonafide-capture policy="default"></bonafide-capture>`;
for (const type of ['bonafide-state', 'bonafide-guidance', 'bonafide-result', 'bonafide-error']) {
  capture.addEventListener(type, ({ detail }) => {
    const { state, code, text, decision } = detail;
    byId('events').append(`${type} ${[state, code, text, decision].filter(Boolean).join(' ')}\n`);
    if (state === 'starting') [answer, locked] = [null, false];
    if (type === 'bonafide-result') ({ answer } = detail);
    if (type === 'bonafide-error') locked = needsKey(code);
    render();
  });
}
begin(render);
