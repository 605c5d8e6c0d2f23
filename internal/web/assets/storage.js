// What the pages remember. A browser that keeps nothing of a site throws where it is asked; then nothing is remembered.

// remembered is what was kept under a name, null for nothing. where is "localStorage", or "sessionStorage" for as long as the tab is open.
export function remembered(where, name) {
  try {
    return window[where].getItem(name);
  } catch {
    return null;
  }
}

export function remember(where, name, value) {
  try {
    window[where].setItem(name, value);
  } catch { /* it holds until the page is left */ }
}
