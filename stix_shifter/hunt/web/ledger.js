// What each source was asked and what it answered, in words; and the native queries as they were sent.
const GOOD = new Set(["answered"]), BAD = new Set(["failed"]);
const stateClass = (state) => (GOOD.has(state) || state === "done" ? "good" : BAD.has(state) ? "bad" : "warn");
const span = (window) => `${text(window.start).replace("T", " ").replace(/(\.000)?Z$/, "")} to ${text(window.stop).replace("T", " ").replace(/(\.000)?Z$/, "")} UTC`;
const seconds = (value) => `${Number(value || 0).toFixed(value < 10 ? 2 : 1)} s`;
const bytes = (count) => (count < 1000 ? `${count} B` : count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`);

function reasonOf(entry) {
  const told = [entry.error, ...entry.searches.map((one) => one.error || one.why), ...(entry.warnings || [])].filter(Boolean);
  return [...new Set(told)].join("; ");
}

function plainTable(caption, heads, rows) {
  const cell = (one) => make("td", {}, one instanceof Node ? one : visible(one ?? "", 4000));
  return make("div", { class: "plain", tabindex: 0, role: "region", "aria-label": visible(caption) }, make("table", {}, make("caption", {}, visible(caption)),
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell))))));
}

function verdictWords(entry) {
  const rank = ["exact", "superset", "local", "unsearchable"], best = [];
  for (const verdicts of Object.values(entry.verdicts)) verdicts.forEach((one, at) => { best[at] = Math.min(best[at] ?? 9, rank.indexOf(one.verdict)); });
  return rank.map((word, at) => [best.filter((one) => one === at).length, word]).filter(([count]) => count).map(([count, word]) => `${count} ${word}`).join(", ");
}

function sourceBox(source) {
  const { entry } = source;
  const box = make("details", { class: "source" }, make("summary", {}, make("bdi", { class: "who" }, visible(source.name)),
    make("span", { class: `state ${stateClass(entry.state)}` }, visible(entry.state)),
    make("span", { class: "why" }, visible([reasonOf(entry), verdictWords(entry)].filter(Boolean).join(" · "), 300)),
    make("span", { class: "numbers" }, `${number(entry.matched)} of ${plural(entry.rows, "row")} · ${seconds(entry.took_s)}`)));
  box.addEventListener("toggle", () => { if (box.open && box.children.length === 1) box.append(sourceBody(entry)); });
  return box;
}

function sourceBody(entry) {
  const parts = [make("p", { class: "soft" }, visible(`Connector ${entry.connector}; ${entry.observed} observations made, ${entry.candidates} fit a part of the pattern, ${entry.matched} take part in a match.`))];
  for (const [dialect, verdicts] of Object.entries(entry.verdicts)) {
    if (verdicts.length) parts.push(plainTable(`What ${dialect} could be asked`, ["Comparison", "Verdict", "Why"], verdicts.map((one) => [told(one.comparison, 4000), one.verdict, one.reason])));
  }
  if (entry.searches.length) {
    parts.push(plainTable("Searches", ["Dialect", "State", "Rows", "Pages", "Bytes", "Calls", "Repeated", "Seconds", "Why"], entry.searches.map((one) => [
      one.dialect, make("span", { class: `state ${stateClass(one.state)}` }, visible(one.state)), number(one.rows), number(one.pages), bytes(one.bytes), number(one.calls), number(one.retries || 0),
      Number(one.took_s).toFixed(2), [one.error, one.why].filter(Boolean).join("; ")])));
  }
  if (entry.values_left_out?.length) parts.push(plainTable("Values that fit no STIX property", ["Field", "Why", "Times"], entry.values_left_out.map((one) => [told(one.field), one.reason, number(one.count)])));
  const counts = [[entry.rows_without_objects, "rows gave no object"], [entry.rows_refused, "rows could not be read"]].filter(([count]) => count).map(([count, words]) => `${number(count)} ${words}`);
  for (const line of [...(entry.warnings || []), ...counts]) parts.push(make("p", { class: "banner warn" }, visible(line, 2000)));
  return make("div", {}, ...parts);
}

function queryBoxes(source) {
  return source.entry.searches.map((one) => {
    const query = typeof one.query === "string" ? one.query : JSON.stringify(one.query, null, 2);
    return make("article", { class: "query" }, make("div", { class: "titled" }, make("h3", {}, make("bdi", {}, visible(source.name)), " ", make("span", { class: "kind" }, visible(one.dialect))),
      make("span", { class: "soft" }, visible(`${span(one.window)} · ${plural(one.rows, "row")}${one.limit ? ` · limit ${number(one.limit)}` : ""}`)), copier(make("button", { type: "button", class: "quiet", "aria-label": visible(`Copy the query of ${source.name}`) }, "Copy"), query)),
      make("pre", { tabindex: 0, role: "region", "aria-label": visible(`Query of ${source.name}, ${one.dialect}`) }, visible(query)));
  });
}
