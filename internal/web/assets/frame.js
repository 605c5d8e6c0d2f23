// What every page has: header with navigation, language and theme, and footer.
import { get } from './client.js';
import { byId, make } from './dom.js';
import { applyLanguage, currentLanguage, languages, setLanguage, t } from './i18n.js';
import { remember, remembered } from './storage.js';

const pages = [['page', '/'], ['capture', '/capture'], ['docs', '/docs'], ['admin', '/admin']];
let settings = null; // the server's, once it has answered
const themes = { auto: 'light dark', light: 'light', dark: 'dark' };
let theme = remembered('localStorage', 'theme') ?? 'auto';

// begin builds the frame and calls render now and at every change of the language.
export function begin(render) {
  const page = document.body.dataset.page;
  applyTheme();
  document.addEventListener('languagechange', () => {
    document.title = page === 'page' ? `bonafide: ${t('page.title')}` : `${t(`nav.${page}`)} · bonafide`;
    byId('header').replaceChildren(header(page));
    footer();
    render();
  });
  applyLanguage();
  get('/settings.json').then(({ ok, body }) => { if (ok) settings = body; footer(); }).catch(() => {}); // without it nothing is promised
}

function footer() {
  const keeping = settings ? ` ${t(settings.keeps_nothing ? 'footer.keepsNothing' : 'footer.mayKeep')}` : '';
  byId('footer').textContent = t('footer') + keeping;
}

function header(page) {
  const links = pages.map(([name, href]) => make('a', { href, 'aria-current': name === page && 'page' }, t(`nav.${name}`)));
  const language = make('select', { id: 'language', 'aria-label': t('nav.language'), change: (event) => { setLanguage(event.target.value); byId('language').focus(); } },
    languages.map(({ code, name }) => make('option', { value: code, lang: code, selected: code === currentLanguage() }, name)));
  const themeList = make('select', { id: 'theme', 'aria-label': t('nav.theme'), change: (event) => chooseTheme(event.target.value) },
    Object.keys(themes).map((name) => make('option', { value: name, selected: name === theme }, t(`theme.${name}`))));
  return make('div', { class: 'bar' },
    make('a', { class: 'brand', href: '/' }, make('img', { src: '/assets/icon.svg', alt: '' }), 'bonafide'),
    make('nav', { 'aria-label': t('nav.label') }, links), make('div', { class: 'settings' }, language, themeList));
}

function chooseTheme(name) {
  theme = name;
  remember('localStorage', 'theme', name);
  applyTheme();
}

function applyTheme() {
  document.documentElement.style.colorScheme = themes[theme] ?? themes.auto;
}
