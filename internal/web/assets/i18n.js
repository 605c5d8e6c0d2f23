// The page's language: ?language=, then what was chosen before, then the browser's.
import { chooseLanguage, fill, strings as captureStrings } from '/capture/strings.js';
import { remember, remembered } from './storage.js';
import { strings } from './strings.js';

const wished = new URLSearchParams(location.search).get('language');
let language = chooseLanguage(wished, remembered('localStorage', 'language'), ...navigator.languages);

export const languages = Object.entries(strings).map(([code, words]) => ({ code, name: words.language }));
export const currentLanguage = () => language;

// t is a text of the page by its key, with values put in.
export function t(key, values) {
  return fill(strings[language][key] ?? strings.en[key] ?? key, values);
}

// has tells whether there is a text for a key.
export const has = (key) => Object.hasOwn(strings.en, key);

// hintFor is what to do about a reason: in English as the server says it, otherwise by its code.
export function hintFor(reason) {
  return language === 'en' ? reason.hint : captureStrings[language].guide[reason.code] ?? reason.hint;
}

// messageFor is what was found: in English as the server says it, otherwise by its code.
export function messageFor(reason) {
  const text = strings[language][`reason.${reason.code}`];
  return text ? fill(text, { value: quantity(reason.value, reason.unit), limit: quantity(reason.limit, reason.unit) }) : reason.message;
}

// quantity writes a number in its unit; zero has no sign.
export function quantity(value, unit = '', digits = unit || Math.abs(value) > 1.5 ? 0 : 2) {
  const number = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Number(value.toFixed(digits)) || 0);
  return unit === 'px' || unit === 'ms' ? `${number} ${unit}` : number + unit;
}

// translate fills in every [data-t] and [data-t-label] below root.
export function translate(root = document) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll('[data-t-label]')) element.setAttribute('aria-label', t(element.dataset.tLabel));
}

// setLanguage changes the language; the document gets the event "languagechange".
export function setLanguage(code) {
  language = chooseLanguage(code);
  remember('localStorage', 'language', language);
  applyLanguage();
}

export function applyLanguage() {
  document.documentElement.lang = language;
  translate();
  for (const capture of document.querySelectorAll('bonafide-capture')) capture.setAttribute('language', language);
  document.dispatchEvent(new Event('languagechange'));
}
