// Elements without markup: texts are always texts, so nothing that comes from a server or a file can become code.
const svgNames = new Set(['svg', 'g', 'rect', 'circle', 'ellipse', 'line', 'path', 'text', 'title']);

// make creates an element. Attributes that are functions are listeners; null, undefined and false leave an attribute out; "vars" sets CSS variables.
export function make(name, attributes = {}, ...children) {
  const element = svgNames.has(name) ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (key === 'vars') for (const [variable, v] of Object.entries(value)) element.style.setProperty(variable, v);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

const attention = 'M12 7v6M12 16.5v.1M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0';
const icons = { live: 'm5 12.5 4.5 4.5L19 7.5', spoof: 'M6 6l12 12M18 6 6 18', cannot_assess: attention, refused: attention };

// icon is the sign of a decision, so that it does not rest on colour alone.
export const icon = (kind) => make('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, make('path', { d: icons[kind] }));

// copyable shows text with a button that copies it.
export function copyable(text, labels, attributes = {}) {
  const copy = make('button', { type: 'button', click: async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = labels.copied;
  } }, labels.copy);
  return make('div', { class: 'copyable' }, make('pre', { tabindex: '0', ...attributes }, text), navigator.clipboard ? copy : null);
}
