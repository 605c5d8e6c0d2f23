// Requests to the server that the page came from.
import { remember, remembered } from './storage.js';

let key = remembered('sessionStorage', 'key') ?? '';
export const apiKey = () => key;

// setKey keeps an API key until the tab is closed, without what no key has and no header can carry, such as an invisible character from
// where it was copied.
export function setKey(text) {
  key = text.replace(/[^!-~]/g, '');
  remember('sessionStorage', 'key', key);
}

const headers = () => (key ? { 'X-API-Key': key } : {});

// get returns {ok, status, body}; the body is a JSON value or, for other types, a text.
export async function get(path, signal) {
  const response = await fetch(path, { headers: headers(), cache: 'no-cache', signal });
  const json = response.headers.get('Content-Type')?.includes('json');
  return { ok: response.ok, status: response.status, body: json ? await response.json() : await response.text() };
}

// Problem is why there is no answer: code is the server's, "unreachable", "unreadable" for a file that the browser cannot read, or "unknown".
export class Problem {
  constructor(status, code, detail, requestID = '') { Object.assign(this, { status, code, detail, requestID }); }
}

// assess sends a picture to POST /v1/liveness and returns {answer} or {problem}, with how long it took in ms.
export async function assess(file, options, signal) {
  const body = new FormData();
  body.append('file', file, file.name);
  const began = performance.now();
  let response;
  try {
    response = await fetch(`/v1/liveness${query(options)}`, { method: 'POST', body, headers: headers(), signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    return { problem: await whyUnsent(file) ?? new Problem(0, 'unreachable', error.message) };
  }
  const answer = await response.json().catch(() => ({}));
  if (answer.decision) return { answer, took: performance.now() - began };
  if (response.ok) return { problem: new Problem(response.status, 'unknown', 'what came is no answer of bonafide') };
  const { code, detail } = answer.error ? { code: answer.error.code, detail: answer.error.message } : answer;
  return { problem: new Problem(response.status, code ?? 'unknown', detail ?? response.statusText, response.headers.get('X-Request-Id')) };
}

// whyUnsent tells a file that cannot be read, such as a folder or one that has gone since, from a server that cannot be reached.
const whyUnsent = (file) => file.slice(0, 1).arrayBuffer().then(() => null, (error) => new Problem(0, 'unreadable', error.message));

function query(options) {
  const chosen = Object.entries(options).filter(([, value]) => value);
  return chosen.length ? `?${new URLSearchParams(chosen)}` : '';
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// inForm is a file's name for curl -F, to which commas and semicolons mean something outside of quotes.
const inForm = (name) => quote(/[,;"]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name);

// curl is the command that gives the same answer. A key is not written into it.
export function curl(names, options, path = '/v1/liveness') {
  const parts = ['curl'];
  if (key) parts.push('-H "X-API-Key: $BONAFIDE_KEY"');
  for (const name of names) parts.push(`-F file=@${inForm(name)}`);
  return [...parts, quote(`${location.origin}${path}${query(options)}`)].join(' \\\n  ');
}
