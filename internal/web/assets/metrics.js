// The text form of Prometheus' metrics, as far as the operator's page needs it.

// parse returns the samples: {name, labels, value}.
export function parse(text) {
  const samples = [];
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!match) continue;
    const labels = Object.fromEntries([...(match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, k, v]) => [k, v.replace(/\\(.)/g, '$1')]));
    samples.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return samples;
}

// value is the sum of a metric's samples, undefined where there is none.
export function value(samples, name) {
  const found = samples.filter((s) => s.name === name);
  return found.length ? found.reduce((sum, s) => sum + s.value, 0) : undefined;
}

// sums adds up a metric by the values of a label.
export function sums(samples, name, label) {
  const by = {};
  for (const s of samples) if (s.name === name) by[s.labels[label]] = (by[s.labels[label]] ?? 0) + s.value;
  return by;
}

// buckets are those of a histogram over all its labels: {low, high, count}, from the lowest.
export function buckets(samples, name) {
  const cumulated = Object.entries(sums(samples, `${name}_bucket`, 'le')).map(([le, count]) => [le === '+Inf' ? Infinity : Number(le), count]);
  cumulated.sort(([a], [b]) => a - b);
  return cumulated.map(([high, count], i) => ({ low: i ? cumulated[i - 1][0] : 0, high, count: count - (i ? cumulated[i - 1][1] : 0) }));
}
