// The drawer that tells all about one observation or one thing. It takes the keyboard, and gives it back.
const MOST_LISTED = 100;

class Details {
  /** `show(thing)` looks at a thing's observations alone, `graph(thing)` at what is round it. */
  constructor(model, { only, graph }) {
    Object.assign(this, { model, only, graph, before: null });
    this.host = byId("details");
    byId("close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !this.host.hidden) this.close(); });
  }

  open(item) {
    if (this.host.hidden) this.before = document.activeElement;
    const isThing = item.type !== undefined;
    byId("details-title").replaceChildren(make("span", { class: "kind" }, isThing ? visible(item.type, 80) : `Observation by ${visible(this.model.sources[item.source].name)}`),
      isThing ? told(this.model.label(item), 600) : `${clock(item.from)} UTC`);
    byId("details-body").replaceChildren(...(isThing ? this.#thing(item) : this.#observation(item)), this.#raw(item.object));
    this.host.hidden = false;
    this.host.scrollTop = 0;
    byId("details-title").focus();
  }

  close() {
    this.host.hidden = true;
    if (this.before?.isConnected) this.before.focus({ preventScroll: true });
    else byId("results").focus({ preventScroll: true });
  }

  #ref(item) {
    const isThing = item.type !== undefined;
    const words = isThing ? [make("span", { class: "kind" }, visible(item.type, 80)), told(this.model.label(item), 300)]
      : [`${clock(item.from)} `, make("span", { class: "kind" }, visible(this.model.sources[item.source].name)), told(this.model.story(item), 300)];
    return make("button", { type: "button", class: "ref", onclick: () => this.open(item) }, ...words);
  }

  #list(title, items, others = items.length) {
    if (!items.length) return [];
    const rest = others > MOST_LISTED ? [make("li", { class: "soft" }, `and ${number(others - MOST_LISTED)} more`)] : [];
    return [make("h3", {}, `${title} (${number(others)})`), make("ul", {}, ...items.slice(0, MOST_LISTED).map((one) => make("li", {}, this.#ref(one))), ...rest)];
  }

  #properties(object) {
    const pairs = [];
    for (const [path, value] of leaves(object)) {
      if (pairs.length >= 400) break;
      const other = /_refs?$/.test(path) ? this.model.named.get(value) : undefined;
      const isLink = path === "external_references.url" && typeof value === "string";
      pairs.push(make("dt", {}, visible(path, 200)), make("dd", {}, other ? this.#ref(other) : isLink ? reference(value) : told(value === null ? "" : value)));
    }
    return pairs;
  }

  #thing(thing) {
    const seen = thing.seen.map((at) => this.model.observed[at]), first = seen[0], end = seen[seen.length - 1];
    const sources = thing.sources.map((at) => visible(this.model.sources[at].name)).join(", ");
    return [
      make("div", { class: "acts" }, make("button", { type: "button", class: "quiet", onclick: () => this.only(thing) }, "Only its observations"),
        make("button", { type: "button", class: "quiet", onclick: () => this.graph(thing) }, "What is related")),
      make("dl", {}, ...this.#properties(thing.object), make("dt", {}, "seen by"), make("dd", {}, sources),
        ...(first ? [make("dt", {}, "first seen"), make("dd", {}, `${clock(first.from)} UTC`), make("dt", {}, "last seen"), make("dd", {}, `${clock(end.to)} UTC`)] : [])),
      ...this.#list("Observations", seen.slice(0, MOST_LISTED), seen.length),
    ];
  }

  #observation(one) {
    const span = one.to > one.from ? [make("dt", {}, "until"), make("dd", {}, `${clock(one.to)} UTC (${lasting(one.to - one.from)})`)] : [];
    const own = [...leaves(one.object)].filter(([path]) => !/^(first|last)_observed$|^number_observed$/.test(path));
    const more = own.flatMap(([path, value]) => [make("dt", {}, visible(path, 200)), make("dd", {}, told(value))]);
    const partners = new Set();
    for (const match of this.model.matches) if (match.includes(one.object.id)) for (const id of match) {
      const other = this.model.named.get(id);
      if (other && other !== one) partners.add(other);
    }
    return [
      make("dl", {}, make("dt", {}, "times observed"), make("dd", {}, number(one.count)), ...span, ...more),
      ...this.#list("What was seen", one.refs.map((at) => this.model.things[at])),
      ...this.#list("In one match with", [...partners]),
    ];
  }

  #raw(object) {
    const box = make("details", {}, make("summary", {}, "As STIX"));
    box.addEventListener("toggle", () => { if (box.open && box.children.length === 1) box.append(make("pre", { tabindex: 0 }, visible(JSON.stringify(object, null, 2)))); });
    return box;
  }
}
