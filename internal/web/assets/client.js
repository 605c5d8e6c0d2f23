// Requests to the server that the page came from.

let key = sessionStorage.getItem('key') ?? '';
export const apiKey = () => key;

// setKey keeps an API key until the tab is closed.
export function setKey(text) {
  key = text.trim();
  sessionStorage.setItem('key', key);
}

const headers = () => (key ? { 'X-API-Key': key } : {});

// get returns {ok, status, body}; the body is a JSON value or, for other types, a text.
export async function get(path, signal) {
  const response = await fetch(path, { headers: headers(), cache: 'no-cache', signal });
  const json = response.headers.get('Content-Type')?.includes('json');
  return { ok: response.ok, status: response.status, body: json ? await response.json() : await response.text() };
}

// Problem is why there is no answer: code is the server's or "unreachable".
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
    return { problem: new Problem(0, 'unreachable', error.message) };
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return { answer, took: performance.now() - began };
  const { code, detail } = answer.error ? { code: answer.error.code, detail: answer.error.message } : answer;
  return { problem: new Problem(response.status, code ?? 'unknown', detail ?? response.statusText, response.headers.get('X-Request-Id')) };
}

function query(options) {
  const chosen = Object.entries(options).filter(([, value]) => value);
  return chosen.length ? `?${new URLSearchParams(chosen)}` : '';
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// curl is the command that gives the same answer. A key is not written into it.
export function curl(names, options, path = '/v1/liveness') {
  const parts = ['curl'];
  if (key) parts.push('-H "X-API-Key: $BONAFIDE_KEY"');
  for (const name of names) parts.push(`-F file=@${quote(name)}`);
  return [...parts, quote(`${location.origin}${path}${query(options)}`)].join(' \\\n  ');
}
