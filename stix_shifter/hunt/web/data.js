// What the page knows: sources, observations in time, the things that they saw, and what of it is shown now.
const COLOURS = ["#3f74e0", "#d9702b", "#259a72", "#bd4f9a", "#8567de", "#a88a12", "#d24b47", "#2f97b8", "#75873f", "#99684a"];
const ORDER = ["process", "network-traffic", "file", "url", "email-message", "windows-registry-key", "domain-name",
  "ipv4-addr", "ipv6-addr", "user-account", "software", "mutex", "x509-certificate", "mac-addr", "email-addr", "directory"];
const RANK = new Map(ORDER.map((name, at) => [name, at]));
const NO_STORY = new Set(["type", "id", "spec_version", "created", "modified", "created_by_ref", "object_refs"]);

const text = (value) => (typeof value === "string" ? value : value === undefined || value === null ? "" : String(value));
const LABELS = new Map(Object.entries({
  "process": (one) => one.command_line || one.name || (one.pid === undefined ? "" : `pid ${one.pid}`),
  "file": (one) => one.name || Object.values(one.hashes || {})[0],
  "network-traffic": (one, by) => {
    const end = (ref, port) => [by(ref), text(port)].filter(Boolean).join(" port ");
    const ways = [end(one.src_ref, one.src_port), end(one.dst_ref, one.dst_port)].filter(Boolean).join(" → ");
    return [ways, [].concat(one.protocols ?? []).join("/")].filter(Boolean).join(" ");
  },
  "user-account": (one) => one.display_name || one.account_login || one.user_id,
  "directory": (one) => one.path,
  "windows-registry-key": (one) => one.key,
  "email-message": (one) => one.subject,
  "autonomous-system": (one) => one.name || `AS${one.number}`,
  "software": (one) => [one.name, one.version].filter(Boolean).join(" "),
  "x509-certificate": (one) => one.subject || one.serial_number,
}));

/** Every plain value below, with its path. */
function* leaves(value, path = "") {
  if (Array.isArray(value)) for (const one of value) yield* leaves(one, path);
  else if (value && typeof value === "object") {
    for (const [name, one] of Object.entries(value)) if (path || !NO_STORY.has(name)) yield* leaves(one, path ? `${path}.${name}` : name);
  } else yield [path, value];
}

function* references(value, key = "") {
  if (Array.isArray(value)) for (const one of value) yield* references(one, key);
  else if (value && typeof value === "object") for (const [name, one] of Object.entries(value)) yield* references(one, name);
  else if (typeof value === "string" && /_refs?$/.test(key)) yield [key, value];
}

class Model {
  constructor(data) {
    this.ledger = data.ledger;
    this.matches = data.matches;
    this.sources = data.ledger.sources.map((entry, at) => ({ name: text(entry.source), entry, at, colour: COLOURS[at % COLOURS.length] }));
    this.things = [];
    this.observed = [];
    this.named = new Map();
    const identities = new Map(data.ledger.sources.map((entry, at) => [entry.identity, at]));
    const seen = [];
    for (const object of data.objects) {
      if (object.type === "observed-data") seen.push(object);
      else if (object.type !== "identity") {
        const thing = { object, at: this.things.length, type: text(object.type), label: null, seen: [], sources: [], words: null };
        this.things.push(thing);
        this.named.set(object.id, thing);
      }
    }
    for (const object of seen) this.#observe(object, identities);
    this.observed.sort((one, other) => one.from - other.from || one.at - other.at);
    this.observed.forEach((one, at) => { one.at = at; this.named.set(one.object.id, one); });
    for (const one of this.observed) for (const at of one.refs) {
      const thing = this.things[at];
      thing.seen.push(one.at);
      if (!thing.sources.includes(one.source)) thing.sources.push(one.source);
    }
    this.whole = { from: Infinity, to: -Infinity };
    for (const one of this.observed) {
      if (one.from < this.whole.from) this.whole.from = one.from;
      if (one.to > this.whole.to) this.whole.to = one.to;
    }
  }

  #observe(object, identities) {
    const refs = [];
    for (const name of [].concat(object.object_refs ?? [])) {
      const thing = this.named.get(name);
      if (thing) refs.push(thing.at);
    }
    const from = Date.parse(object.first_observed), to = Date.parse(object.last_observed);
    this.observed.push({
      object, at: this.observed.length, refs, source: identities.get(object.created_by_ref) ?? 0, count: object.number_observed || 1,
      from: Number.isNaN(from) ? 0 : from, to: Number.isNaN(to) ? from : to, parts: null,
    });
  }

  /** What a thing is called; short, of what the source says. */
  label(thing) {
    if (thing.label !== null) return thing.label;
    thing.label = "";  // for things that name each other in a circle
    const { object } = thing;
    const named = (id) => { const other = this.named.get(id); return other && other.object !== object ? this.label(other) : ""; };
    let found = LABELS.has(thing.type) ? LABELS.get(thing.type)(object, named) : object.value || object.name;
    if (!found) found = [...leaves(object)].filter(([path]) => !/_refs?$/.test(path)).slice(0, 3).map(([path, value]) => `${path} ${text(value)}`).join(", ");
    return (thing.label = text(found) || "(without a name)");
  }

  /** The one to three things that tell what an observation is about. */
  parts(one) {
    if (one.parts) return one.parts;
    const ranked = one.refs.map((at) => this.things[at]).sort((a, b) => (RANK.get(a.type) ?? ORDER.length - 1.5) - (RANK.get(b.type) ?? ORDER.length - 1.5));
    const covered = new Set(), chosen = [];
    for (const thing of ranked) {
      if (chosen.length === 3) break;
      if (covered.has(thing.object.id) || (chosen.length && thing.type === "directory")) continue;
      chosen.push(thing);
      for (const [, id] of references(thing.object)) covered.add(id);
    }
    return (one.parts = chosen);
  }

  story(one) {
    return this.parts(one).map((thing) => this.label(thing)).join(" · ");
  }

  /** All that can be searched for in a thing, in small letters. */
  words(thing) {
    if (thing.words === null) {
      const found = [thing.type, this.label(thing)];
      for (const [, value] of leaves(thing.object)) if (value !== null && value !== true && value !== false) found.push(value);
      thing.words = found.join("\n").toLowerCase();
    }
    return thing.words;
  }
}

/** The words of the filter: all must be there, those with a minus must not; quotes hold a phrase together. */
function wordsOf(line) {
  return [...line.toLowerCase().matchAll(/(-?)(?:"([^"]*)"?|(\S+))/g)]
    .map((found) => ({ not: found[1] === "-", word: found[2] ?? found[3] })).filter((one) => one.word && one.word !== "-");
}

/**
 * What is shown: observations of the span, the sources and the chosen thing that hold all words, themselves or in
 * what they saw; and of these the things that hold one of the words.
 */
function filtered(model, state) {
  const words = wordsOf(state.words);
  const hits = words.map(({ word }) => Uint8Array.from(model.things, (thing) => (model.words(thing).includes(word) ? 1 : 0)));
  const inSource = words.map(({ word }) => model.sources.map((one) => one.name.toLowerCase().includes(word)));
  const alone = state.thing === null ? null : state.thing.at;
  const inScope = (one) => !state.hidden.has(one.source) && one.to >= state.from && one.from <= state.to;
  const passes = (one, at) => inSource[at][one.source] || one.refs.some((ref) => hits[at][ref]);
  const scope = model.observed.filter((one) => inScope(one) && (alone === null || one.refs.includes(alone)));
  const observed = words.length ? scope.filter((one) => words.every(({ not }, at) => passes(one, at) !== not)) : scope;
  const near = new Uint8Array(model.things.length), wanted = words.some(({ not }) => !not);
  for (const one of observed) for (const ref of one.refs) near[ref] = 1;
  const named = (thing) => words.some(({ not }, at) => !not && hits[at][thing.at]) && !words.some(({ not }, at) => not && hits[at][thing.at]);
  return { observed, things: model.things.filter((thing) => near[thing.at] && (!wanted || named(thing))) };
}
