// The API's description, made from /openapi.json.
import { get } from './client.js';
import { byId, copyable, make } from './dom.js';
import { begin } from './frame.js';
import { t } from './i18n.js';

const DEEPEST = 6; // levels of a schema that are shown
let description = null;

function render() {
  if (!description) return;
  const sections = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([, o]) => o.responses).map(([method, o]) => operation(method.toUpperCase(), path, o)));
  byId('operations').replaceChildren(...keys(), ...sections);
  byId('operations').removeAttribute('aria-busy');
}

// keys says how a key is sent, for servers that ask for one: in the order in which the description names the ways.
function keys() {
  const schemes = (description.security ?? []).flatMap(Object.keys).map((name) => description.components.securitySchemes[name]);
  const header = (s) => (s.type === 'http' ? 'Authorization: Bearer KEY' : `${s.name}: KEY`);
  return schemes.length === 0 ? [] : [make('section', { class: 'card' }, make('h2', {}, t('key.label')),
    schemes.map((s) => make('div', { class: 'row' }, make('code', {}, header(s)), ` ${s.description ?? ''}`)))];
}

function operation(method, path, o) {
  const labels = { copy: t('copy'), copied: t('copied') };
  return make('section', { class: 'card operation', id: o.operationId },
    make('h2', {}, make('span', { class: 'method' }, method), make('code', {}, path)),
    make('p', {}, make('strong', {}, o.summary)), o.description && make('p', {}, o.description),
    o.parameters?.length > 0 && [make('h3', {}, t('docs.parameters')), o.parameters.map((p) => row(p.name, p.schema, { ...p, required: p.required }))],
    o.requestBody && [make('h3', {}, t('docs.body')), make('p', {}, o.requestBody.description ?? ''), contents(o.requestBody.content)],
    make('h3', {}, t('docs.answers')), Object.entries(o.responses).map(answer),
    make('h3', {}, t('docs.example')), copyable(example(method, path, o), labels));
}

function answer([status, response]) {
  return make('details', {}, make('summary', {}, make('code', {}, status), ` ${response.description ?? ''}`), headers(response.headers), contents(response.content));
}

const headers = (all = {}) => Object.entries(all).map(([name, header]) => row(name, resolve(header).schema, { kind: t('docs.header'), ...resolve(header) }));

const contents = (content = {}) => Object.entries(content).map(([type, { schema }]) => make('div', {}, make('code', {}, type), schema && properties(schema, 0)));

function resolve(schema = {}) {
  return schema.$ref ? schema.$ref.slice(2).split('/').reduce((at, name) => at[name], description) : schema;
}

function properties(schema, depth) {
  const s = resolve(schema);
  if (s.type === 'array' || s.type?.includes?.('array')) return properties(s.items, depth);
  if (!s.properties || depth > DEEPEST) return null;
  return make('div', { class: 'schema' }, Object.entries(s.properties).map(([name, property]) => {
    const line = row(name, property, { required: s.required?.includes(name) });
    const inner = properties(property, depth + 1);
    return inner ? make('details', {}, make('summary', {}, line.childNodes.length ? [...line.childNodes] : name), inner) : line;
  }));
}

function row(name, schema, { description: says, required, kind } = {}) {
  const s = resolve(schema);
  const choices = s.enum ?? resolve(s.items).enum;
  const bounds = [s.minimum !== undefined && `≥ ${s.minimum}`, s.maximum !== undefined && `≤ ${s.maximum}`, choices && choices.map((v) => v || '""').join(' | '),
    s.default !== undefined && `= ${s.default}`, required && t('docs.required')].filter(Boolean);
  const type = (kind ? `${kind}, ` : '') + [].concat(s.type ?? 'any').join(' | ') + (s.items ? ` of ${resolve(s.items).type ?? 'any'}` : '');
  const text = says || schema?.description || s.description; // one beside a $ref says more than the schema itself
  return make('div', { class: 'row' }, make('code', {}, name), make('span', { class: 'type' }, ` ${[type, ...bounds].join(', ')}`), text ? ` ${text}` : '');
}

function example(method, path, o) {
  const url = `${location.origin}${path}`;
  const form = resolve(o.requestBody?.content?.['multipart/form-data']?.schema).properties?.file;
  if (!form) return `curl ${method === 'GET' ? '' : `-X ${method} `}'${url}'`;
  return `curl${form.type === 'array' ? ' -F file=@first.jpg -F file=@second.jpg' : ' -F file=@picture.jpg'} '${url}'`;
}

begin(render);
const { ok, body } = await get('/openapi.json').catch(() => ({}));
if (ok) description = typeof body === 'string' ? JSON.parse(body) : body;
else byId('operations').replaceChildren(make('p', { class: 'notice' }, t('docs.failed')));
render();
