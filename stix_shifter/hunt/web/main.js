// Puts the page together: the head, one filter for all views, the tabs, light and dark.
const TABLE_WORDS = { story: "Observations in time", things: "Objects that were seen", matches: "Matches" };

function setTheme() {
  const choice = byId("theme");
  const apply = (value) => {
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  };
  try { choice.value = localStorage.getItem("stix-shifter-theme") || "auto"; } catch { /* not kept where the browser forbids it */ }
  if (!choice.value) choice.value = "auto";
  apply(choice.value);
  choice.addEventListener("change", () => {
    apply(choice.value);
    try { localStorage.setItem("stix-shifter-theme", choice.value); } catch { /* as above */ }
  });
}

function showHead(model) {
  const { ledger } = model, failed = model.sources.filter((one) => isFailed(one.entry)), cut = model.sources.filter((one) => one.entry.state === "cut");
  byId("asked").textContent = `Asked ${clock(Date.parse(ledger.asked_at))} UTC · hunt ${visible(ledger.hunt, 80)}`;
  byId("pattern").textContent = visible(ledger.pattern);
  copier(byId("copy-pattern"), ledger.pattern);
  const healthy = model.sources.length - failed.length;
  const figure = (name, value, small) => make("div", {}, make("dt", {}, name), make("dd", {}, value, small && make("small", {}, small)));
  const width = Date.parse(ledger.window.stop) - Date.parse(ledger.window.start);
  byId("figures").append(
    figure("Observations that match", number(ledger.matched), `of ${plural(ledger.rows, "row")} read`),
    figure("Objects seen", number(model.things.length), `${number(model.things.filter((one) => one.sources.length > 1).length)} by several sources`),
    figure("Sources that answered", `${number(healthy)} of ${number(model.sources.length)}`, failed.length ? `${number(failed.length)} failed` : "none failed"),
    figure("Window", Number.isFinite(width) ? lasting(width) : "—", visible(`${span(ledger.window)}, from ${ledger.window.from}`)),
    figure("Took", lasting(ledger.took_s * 1000), "all sources at once"));
  const lines = [];
  const banner = (kind, words, items = []) => lines.push(make("div", { class: `banner ${kind}` }, words, ...(items.length ? [make("ul", {}, ...items.slice(0, 12).map((one) => make("li", {}, visible(one, 300))))] : [])));
  if (failed.length) banner("bad", `${plural(failed.length, "source")} did not answer all that was asked. What is not here may still be there:`, failed.map((one) => `${one.name}: ${reasonOf(one.entry) || one.entry.state}`));
  if (cut.length) banner("warn", "A limit cut these answers; there may be more:", cut.map((one) => `${one.name}: ${reasonOf(one.entry)}`));
  for (const warning of ledger.warnings) banner("warn", visible(warning, 1000));
  if (!lines.length) banner("good", "Every source answered all that it was asked.");
  byId("verdict").append(...lines);
}

const partsCell = (model, one) => {
  const box = make("span", {});
  for (const thing of model.parts(one)) box.append(make("span", { class: "part" }, make("span", { class: "kind" }, visible(thing.type, 40)), told(model.label(thing), TABLE_LENGTH)));
  return box;
};
const sourceCell = (source) => make("span", {}, make("span", { class: "dot", style: { background: source.colour } }), make("bdi", {}, visible(source.name, TABLE_LENGTH)));

function storyGrid(model, open) {
  return new Grid(TABLE_WORDS.story, [
    { title: "Time (UTC)", kind: "time", width: "13.8rem", value: (one) => one.from, cell: (one) => moment(one.from) },
    { title: "Source", kind: "by", width: "11rem", value: (one) => model.sources[one.source].name, cell: (one) => sourceCell(model.sources[one.source]) },
    { title: "What", value: (one) => model.story(one), cell: (one) => partsCell(model, one) },
    { title: "Objects", kind: "number", width: "6rem", optional: true, value: (one) => one.refs.length, cell: (one) => number(one.refs.length) },
    { title: "Count", kind: "number", width: "6rem", optional: true, value: (one) => one.count, cell: (one) => number(one.count) },
  ], open);
}

function matchGrid(model, open) {
  const ends = (match) => match.map((id) => model.named.get(id)).filter(Boolean);
  const line = (match) => ends(match).map((one) => model.story(one)).join(" → ");
  const columns = [
    { title: "Begins (UTC)", kind: "time", width: "13.8rem", value: (one) => ends(one)[0]?.from ?? 0, cell: (one) => moment(ends(one)[0]?.from) },
    { title: "Within", kind: "number", width: "8rem", value: (one) => spanOf(ends(one)), cell: (one) => lasting(spanOf(ends(one))) },
    { title: "Sources", width: "13rem", optional: true, value: (one) => names(one), cell: (one) => make("bdi", {}, visible(names(one), TABLE_LENGTH)) },
    { title: "What, in the order of the pattern", value: line, cell: (one) => told(line(one), 400) },
  ];
  const spanOf = (all) => (all.length ? Math.max(...all.map((one) => one.from)) - Math.min(...all.map((one) => one.from)) : 0);
  const names = (match) => [...new Set(ends(match).map((one) => model.sources[one.source].name))].join(", ");
  return new Grid(TABLE_WORDS.matches, columns, (match) => { const first = ends(match)[0]; if (first) open(first); });
}

/** The columns of a table of things: of one type also its own properties, those that are filled most. */
function thingColumns(model, type, things) {
  const first = (thing) => (thing.seen.length ? model.observed[thing.seen[0]].from : 0);
  const end = (thing) => (thing.seen.length ? model.observed[thing.seen[thing.seen.length - 1]].to : 0);
  const names = (thing) => thing.sources.map((at) => model.sources[at].name).join(", ");
  const own = type === null ? [{ title: "Type", width: "11rem", value: (one) => one.type, cell: (one) => visible(one.type, TABLE_LENGTH) }] : [];
  return [
    ...own,
    { title: type === null ? "Object" : visible(type, 60), value: (one) => model.label(one), cell: (one) => told(model.label(one), TABLE_LENGTH) },
    ...(type === null ? [] : ownColumns(model, things)),
    { title: "Observations", kind: "number", width: "8rem", value: (one) => one.seen.length, cell: (one) => number(one.seen.length) },
    { title: "Sources", width: "10rem", optional: true, value: names, cell: (one) => make("bdi", {}, visible(names(one), TABLE_LENGTH)) },
    { title: "First seen (UTC)", kind: "time", width: "11.5rem", optional: true, value: first, cell: (one) => clock(first(one)) },
    { title: "Last seen (UTC)", kind: "time", width: "11.5rem", optional: true, value: end, cell: (one) => clock(end(one)) },
  ];
}

function ownColumns(model, things) {
  const filled = new Map();
  for (const thing of things.slice(0, 2000)) for (const [path, value] of leaves(thing.object)) {
    if (text(value) !== model.label(thing) && !/_refs?$/.test(path)) filled.set(path, (filled.get(path) || 0) + 1);
  }
  const chosen = [...filled].sort(([, one], [, other]) => other - one).slice(0, 3).map(([path]) => path);
  const at = (thing, path) => { const found = [...leaves(thing.object)].filter(([each]) => each === path).map(([, value]) => value); return found.length === 1 ? found[0] : found.join(", "); };
  return chosen.map((path) => ({ title: visible(path, 60), optional: true, width: "10rem", value: (one) => { const found = at(one, path); return typeof found === "number" ? found : text(found); }, cell: (one) => told(at(one, path), TABLE_LENGTH) }));
}

class ThingsView {
  constructor(model, open) {
    Object.assign(this, { model, open, type: null, things: [] });
    this.chips = make("div", { class: "chips", role: "group", "aria-label": "Types" });
    this.place = make("div", {});
    this.view = make("div", {}, this.chips, this.place);
    this.#grid();
  }

  #grid() {
    const kept = this.type === null ? this.things : this.things.filter((one) => one.type === this.type);
    this.grid = new Grid(TABLE_WORDS.things, thingColumns(this.model, this.type, kept), this.open);
    this.place.replaceChildren(this.grid.host);
    this.grid.show(kept);
  }

  show(things) {
    this.things = things;
    const counts = new Map();
    for (const one of things) counts.set(one.type, (counts.get(one.type) || 0) + 1);
    if (this.type !== null && !counts.has(this.type)) this.type = null;
    const chip = (type, words) => make("button", { type: "button", class: `chip${type === this.type ? " pressed" : ""}`, "aria-pressed": String(type === this.type), onclick: () => this.choose(type) }, words);
    this.chips.replaceChildren(chip(null, `all ${number(things.length)}`), ...[...counts].sort(([, a], [, b]) => b - a).slice(0, 60).map(([type, count]) => chip(type, `${visible(type, 60)} ${number(count)}`)));
    if (this.type === null && this.grid.columns[0].title === "Type") this.grid.show(things);
    else this.#grid();
  }

  choose(type) {
    this.type = type;
    this.show(this.things);
    this.#grid();
    this.chips.querySelector("[aria-pressed=true]").focus();
  }
}

class Tabs {
  /** tabs: [{name, title, view, shown?()}]. */
  constructor(tabs) {
    this.tabs = tabs;
    this.buttons = tabs.map((tab, at) => make("button", { type: "button", role: "tab", id: `tab-${tab.name}`, "aria-controls": `view-${tab.name}`, onclick: () => this.choose(at), onkeydown: (event) => this.#key(event, at) },
      tab.title, (tab.sum = make("span", { class: "sum" }))));
    this.panels = tabs.map((tab) => make("div", { role: "tabpanel", class: "view", id: `view-${tab.name}`, "aria-labelledby": `tab-${tab.name}` }, tab.view));
    byId("tabs").append(...this.buttons);
    byId("views").append(...this.panels);
    this.choose(0);
  }

  choose(at) {
    this.chosen = at;
    this.buttons.forEach((button, each) => { button.setAttribute("aria-selected", String(each === at)); button.tabIndex = each === at ? 0 : -1; });
    this.panels.forEach((panel, each) => { panel.hidden = each !== at; });
    this.tabs[at].shown?.();
  }

  named(name) { return this.tabs.findIndex((tab) => tab.name === name); }

  #key(event, at) {
    const count = this.tabs.length, to = { ArrowRight: (at + 1) % count, ArrowLeft: (at + count - 1) % count, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(to);
    this.buttons[to].focus();
  }
}

/** What the page carries; many objects are packed. */
async function carried() {
  const data = JSON.parse(byId("data").textContent), packed = byId("packed");
  if (!packed) return data;
  byId("pattern").textContent = visible(data.ledger.pattern);
  byId("count").textContent = "Reading the objects…";
  const text = atob(packed.textContent), bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  packed.remove();
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return { ...data, objects: JSON.parse(await new Response(stream).text()) };
}

/** Collect what the filter searches, some objects at a time, so that nobody waits for it. */
function prepare(model, from) {
  setTimeout(() => {
    for (const thing of model.things.slice(from, from + 2000)) model.words(thing);
    if (from + 2000 < model.things.length) prepare(model, from + 2000);
  }, from ? 0 : 300);
}

async function start() {
  performance.mark("hunt-begin");
  setTheme();
  const model = new Model(await carried());
  byId("data").remove();
  const state = { words: "", from: -Infinity, to: Infinity, hidden: new Set(), thing: null };
  const details = new Details(model, {
    only: (thing) => { state.thing = thing; details.close(); tabs.choose(0); update(); },
    graph: (thing) => { details.close(); tabs.choose(tabs.named("graph")); graph.around(thing); },
  });
  const open = (item) => details.open(item);
  const story = storyGrid(model, open), things = new ThingsView(model, open), graph = new Graph(model, open), matches = matchGrid(model, open);
  const paired = model.matches.some((match) => match.length > 1);
  const tabs = new Tabs([
    { name: "story", title: "Observations", view: story.host, shown: () => story.draw() },
    ...(paired ? [{ name: "matches", title: "Matches", view: matches.host, shown: () => matches.draw() }] : []),
    { name: "things", title: "Objects", view: things.view, shown: () => things.grid.draw() },
    { name: "graph", title: "Related", view: graph.view, shown: () => graph.draw() },
    { name: "sources", title: "Sources", view: make("div", {}, ...model.sources.map(sourceBox)) },
    { name: "queries", title: "Queries", view: make("div", {}, ...model.sources.flatMap(queryBoxes)) },
  ]);
  const sum = (name, count) => { const tab = tabs.tabs[tabs.named(name)]; if (tab) tab.sum.textContent = number(count); };

  function update() {
    performance.mark("filter-begin");
    const found = filtered(model, state), kept = new Set(found.observed.map((one) => one.object.id));
    story.show(found.observed);
    things.show(found.things);
    graph.show(found.observed);
    const pairs = model.matches.filter((match) => match.every((id) => kept.has(id)));
    matches.show(pairs);
    sum("story", found.observed.length); sum("things", found.things.length); sum("matches", pairs.length);
    sum("sources", model.sources.length); sum("queries", model.sources.reduce((all, one) => all + one.entry.searches.length, 0));
    byId("count").textContent = `${number(found.observed.length)} of ${plural(model.observed.length, "observation")}, ${number(found.things.length)} of ${plural(model.things.length, "object")}`;
    byId("only").hidden = state.thing === null;
    if (state.thing) byId("only").textContent = `Only with ${visible(model.label(state.thing), 60)} ×`;
    performance.measure("hunt-filter", "filter-begin");
  }

  const range = () => {
    const whole = state.from === -Infinity && state.to === Infinity, { from, to } = model.whole;
    byId("whole").hidden = whole;
    byId("range").textContent = model.observed.length ? `${clock(whole ? from : Math.max(state.from, from), false)} to ${clock(whole ? to : Math.min(state.to, to), false)} UTC` : "Nothing was observed.";
  };
  if (model.observed.length) {
    const timeline = new Timeline(model, byId("timeline"), {
      changed: (from, to) => { state.from = from ?? -Infinity; state.to = to ?? Infinity; range(); later(); },
      toggled: (source) => { const shown = !state.hidden.delete(source.at); if (shown) state.hidden.add(source.at); update(); return !shown; },
    });
    byId("whole").addEventListener("click", () => timeline.choose(0, timeline.bins));
  }
  let waiting = 0;
  const later = () => { clearTimeout(waiting); waiting = setTimeout(update, 120); };
  byId("words").addEventListener("input", (event) => { state.words = event.target.value; later(); });
  byId("only").addEventListener("click", () => { state.thing = null; update(); byId("words").focus(); });
  addEventListener("resize", () => { story.draw(); things.grid.draw(); matches.draw(); });
  showHead(model);
  range();
  update();
  performance.measure("hunt-open", "hunt-begin");
  prepare(model, 0);
}

start().catch((error) => {
  byId("failed").hidden = false;
  byId("failed").textContent = `This report cannot be shown: ${error.message}`;
  throw error;
});
