// What <bonafide-capture> is made of: its elements and their style.

// make creates an element with attributes and children; without markup that a page's Trusted Types could forbid.
function make(name, attributes = {}, ...children) {
  const element = ['svg', 'path', 'ellipse'].includes(name) ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const button = (act) => make('button', { type: 'button', 'data-act': act });

// content is what the element holds, made anew for each.
export const content = () => [
  make('div', { class: 'consent', part: 'consent' }, make('p'), button('agree')),
  make('div', { class: 'stage', part: 'stage', hidden: '' },
    make('video', { playsinline: '', muted: '' }),
    make('svg', { 'aria-hidden': 'true', preserveAspectRatio: 'none' }, make('path', { class: 'shade', 'fill-rule': 'evenodd' }), make('ellipse', { class: 'oval' }))),
  make('p', { class: 'guidance', part: 'guidance', role: 'status', 'aria-live': 'polite' }),
  make('div', { class: 'controls', part: 'controls', hidden: '' },
    make('label', { hidden: '' }, make('span'), make('select')), button('cancel'), button('again')),
];

export const sheet = `
:host { display: block; font: inherit; color: inherit; --accent: var(--bonafide-accent, light-dark(#0b6b62, #5fd0c2)); --on-accent: var(--bonafide-on-accent, light-dark(#fff, #06211e)); }
[hidden] { display: none !important; }
.consent { display: grid; gap: 1rem; justify-items: start; } .consent p { margin: 0; max-width: 60ch; line-height: 1.5; }
.stage { position: relative; margin: 0 auto; max-width: 100%; border-radius: 1rem; overflow: hidden; background: #111; }
video, svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.mirrored video { transform: scaleX(-1); }
.shade { fill: rgb(0 0 0 / .5); } .oval { fill: none; stroke: #fff; stroke-width: 4; stroke-dasharray: 14 10; vector-effect: non-scaling-stroke; }
.holding .oval { stroke: #57e0a0; stroke-dasharray: none; stroke-width: 6; }
.guidance { min-height: 3.2em; margin: .75rem 0; font-size: 1.25rem; font-weight: 600; line-height: 1.35; text-align: center; text-wrap: balance; overflow-wrap: anywhere; }
.guidance:empty { min-height: 0; margin: 0; }
.controls { display: flex; flex-wrap: wrap; gap: .75rem; justify-content: center; align-items: center; }
button, select { font: inherit; min-height: 2.75rem; border-radius: .6rem; padding: .5rem 1.1rem; border: 1px solid var(--accent); background: transparent; color: inherit; max-width: 100%; cursor: pointer; }
select { max-width: 16rem; } label { display: inline-flex; gap: .5rem; align-items: center; min-width: 0; }
button[data-act=agree], button[data-act=again] { background: var(--accent); color: var(--on-accent); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (prefers-reduced-motion: no-preference) { .oval { transition: stroke .2s, stroke-width .2s; } }`;
