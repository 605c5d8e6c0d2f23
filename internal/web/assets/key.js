// The form for an API key, where the server asks for one.
import { setKey } from './client.js';
import { make } from './dom.js';
import { t } from './i18n.js';

// needsKey tells whether a refusal, by its code, asks for a key or for another one.
export const needsKey = (code) => code === 'unauthorized' || code === 'forbidden';

// keyForm calls use once a key was given.
export function keyForm(use) {
  return make('form', { class: 'card key', submit: (event) => {
    event.preventDefault();
    setKey(new FormData(event.target).get('key'));
    use();
  } }, make('label', {}, t('key.label'), make('input', { type: 'password', name: 'key', autocomplete: 'off', required: true })),
  make('button', { class: 'primary' }, t('key.use')), make('p', { class: 'fine' }, t('key.kept')));
}
