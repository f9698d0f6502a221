// The story in time: a lane for each source, what happened when, what belongs to one match; a span can be chosen.
const LANE = 34, AXIS = 22, MOST_LANES = 14, MOST_LINKS = 150;
const STEPS = [1, 5, 10, 50, 100, 500, 1e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 9e5, 18e5, 36e5, 108e5, 216e5, 432e5, 864e5, 6048e5, 2592e6, 31536e6];

class Timeline {
  /** `changed(from, to)` when a span is chosen (both null for the whole), `toggled(source)` for a source. */
  constructor(model, host, { changed, toggled }) {
    Object.assign(this, { model, host, changed, toggled, from: null, to: null });
    const { from, to } = model.whole;
    const room = Math.max((to - from) * 0.02, to > from ? 0 : 30000, 1);
    this.start = from - room;
    this.end = to + room;
    this.lanes = this.#lanes();
    this.names = make("div", { class: "lane-names", role: "group", "aria-label": "Sources; press one to leave it out" }, ...this.lanes.map((one) => this.#name(one)));
    this.track = make("div", { class: "track" });
    this.readout = make("p", { class: "readout" });
    host.append(make("div", { class: "lanes" }, this.names, this.track), this.readout);
    this.rest = model.sources.length - this.lanes.length;
    this.#rest();
    this.#gestures();
    this.width = 0;
    new ResizeObserver(() => this.draw()).observe(this.track);
  }

  /** The sources with a lane: those that saw something first, then those that failed, as many as have room. */
  #lanes() {
    const counts = this.model.sources.map(() => 0);
    for (const one of this.model.observed) counts[one.source] += 1;
    this.counts = counts;
    const rank = (one) => (counts[one.at] ? 0 : isFailed(one.entry) ? 1 : 2);
    return [...this.model.sources].sort((one, other) => rank(one) - rank(other) || one.at - other.at).slice(0, MOST_LANES);
  }

  #name(source) {
    const failed = isFailed(source.entry);
    const sum = this.counts[source.at] ? number(this.counts[source.at]) : failed ? source.entry.state : source.entry.state === "not asked" ? "not asked" : "no match";
    const button = make("button", {
      type: "button", class: `lane${failed ? " failed" : ""}`, "aria-pressed": "true", title: visible(source.name),
      onclick: () => button.setAttribute("aria-pressed", String(this.toggled(source))),
    }, make("span", { class: "dot", style: { background: source.colour } }), make("bdi", { class: "name" }, visible(source.name)), make("span", { class: "sum" }, sum));
    return button;
  }

  #rest() {
    if (this.rest > 0) this.names.append(make("p", { class: "hint" }, `and ${plural(this.rest, "more source")}: see Sources`));
  }

  /** Draw for the width that there is. */
  draw() {
    const width = Math.floor(this.track.clientWidth);
    if (!width || width === this.width) return;
    this.width = width;
    this.bins = Math.max(20, Math.floor(width / 6));
    const height = this.lanes.length * LANE;
    const svg = draw("svg", { height: height + AXIS, viewBox: `0 0 ${width} ${height + AXIS}`, role: "img", "aria-label": this.told() });
    svg.append(draw("defs", {}, draw("pattern", { id: "hatched", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      draw("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 7 }))));
    svg.append(...this.#axis(width, height));
    this.heaps = this.#heaps();
    const most = Math.max(1, ...this.heaps.map((heap) => heap.reduce((a, b) => Math.max(a, b), 0)));
    this.lanes.forEach((lane, row) => svg.append(...this.#bars(lane, row, width, most)));
    svg.append(...this.#links(width));
    this.low ||= this.#handle("Begin of the span", "from");
    this.high ||= this.#handle("End of the span", "to");
    this.left ||= make("div", { class: "shade" });
    this.right ||= make("div", { class: "shade" });
    for (const one of [this.low, this.high, this.left, this.right]) one.style.height = `${height}px`;
    this.track.replaceChildren(svg, this.left, this.right, this.low, this.high);
    this.#place();
  }

  told() {
    const { whole, observed } = this.model;
    const each = this.lanes.map((one) => `${visible(one.name)} ${this.counts[one.at] || (isFailed(one.entry) ? one.entry.state : "none")}`).join(", ");
    return observed.length ? `${plural(observed.length, "observation")} from ${clock(whole.from)} to ${clock(whole.to)} UTC: ${each}` : "No observations";
  }

  x(ms) { return ((ms - this.start) / (this.end - this.start)) * this.width; }
  bin(ms) { return Math.min(this.bins - 1, Math.max(0, Math.floor(((ms - this.start) / (this.end - this.start)) * this.bins))); }
  moment(bin) { return this.start + (bin / this.bins) * (this.end - this.start); }

  #heaps() {
    const heaps = this.lanes.map(() => new Uint32Array(this.bins));
    const lane = new Map(this.lanes.map((one, row) => [one.at, row]));
    for (const one of this.model.observed) {
      const row = lane.get(one.source);
      if (row !== undefined) heaps[row][this.bin(one.from)] += 1;
    }
    return heaps;
  }

  #bars(lane, row, width, most) {
    const floor = (row + 1) * LANE - 4, step = width / this.bins, high = LANE - 10;
    const found = [draw("line", { class: "floor", x1: 0, x2: width, y1: floor + 0.5, y2: floor + 0.5 })];
    if (isFailed(lane.entry)) found.push(draw("rect", { class: "unknown", x: 0, y: row * LANE + 6, width, height: LANE - 10 }));
    let path = "";
    this.heaps[row].forEach((count, at) => {
      if (!count) return;
      const tall = Math.max(3, high * Math.sqrt(count / most));
      path += `M${(at * step).toFixed(1)} ${floor}v${(-tall).toFixed(1)}h${Math.max(2, step - 1).toFixed(1)}v${tall.toFixed(1)}z`;
    });
    if (path) found.push(draw("path", { d: path, fill: lane.colour }));
    return found;
  }

  #axis(width, height) {
    const span = this.end - this.start, wanted = span / Math.max(2, width / 90);
    const step = STEPS.find((one) => one >= wanted) || STEPS[STEPS.length - 1];
    const found = [];
    for (let at = Math.ceil(this.start / step) * step; at < this.end && found.length < 100; at += step) {
      const x = this.x(at);
      if (x > width - 60) break;
      const whole = clock(at), label = step >= 864e5 ? whole.slice(0, 10) : at % 864e5 === 0 ? whole.slice(5, 10) : whole.slice(11, step % 6e4 ? undefined : 16);
      found.push(draw("line", { class: "tick", x1: x, x2: x, y1: 0, y2: height }), draw("text", { class: "axis", x: x + 3, y: height + 15 }, label));
    }
    return found;
  }

  /** Lines between the observations of a match, where they are few enough to be read. */
  #links(width) {
    const lane = new Map(this.lanes.map((one, row) => [one.at, row]));
    const found = [];
    for (const match of this.model.matches.slice(0, MOST_LINKS)) {
      const ends = match.map((id) => this.model.named.get(id)).filter((one) => one && lane.has(one.source));
      for (let at = 1; at < ends.length; at += 1) {
        const [one, other] = [ends[at - 1], ends[at]].map((each) => ({ x: this.x(each.from), y: lane.get(each.source) * LANE + LANE / 2 }));
        const bend = Math.abs(other.y - one.y) < 1 ? 10 : 0;
        found.push(draw("path", { class: "link", d: `M${one.x} ${one.y}Q${(one.x + other.x) / 2} ${(one.y + other.y) / 2 - bend} ${other.x} ${other.y}` }));
      }
    }
    return found;
  }

  #handle(label, end) {
    return make("div", { class: "handle", role: "slider", tabindex: 0, "aria-label": label, "aria-orientation": "horizontal", "data-end": end,
      onkeydown: (event) => this.#key(event, end) });
  }

  #key(event, end) {
    const now = end === "from" ? this.span()[0] : this.span()[1];
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    const to = by ? now + by : { Home: 0, End: this.bins }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const [from, until] = this.span();
    if (end === "from") this.choose(Math.max(0, Math.min(to, until - 1)), until);
    else this.choose(from, Math.min(this.bins, Math.max(to, from + 1)));
  }

  /** The chosen span in bins. */
  span() {
    const at = (ms, other) => (ms === null ? other : Math.round(((ms - this.start) / (this.end - this.start)) * this.bins));
    return [at(this.from, 0), at(this.to, this.bins)];
  }

  choose(from, to) {
    const all = from <= 0 && to >= this.bins;
    this.from = all ? null : this.moment(from);
    this.to = all ? null : this.moment(to) - 0.5;
    this.#place();
    this.changed(this.from, this.to);
  }

  #place() {
    const [from, to] = this.span(), step = this.width / this.bins;
    Object.assign(this.left.style, { left: "0", width: `${from * step}px` });
    Object.assign(this.right.style, { left: `${to * step}px`, right: "0" });
    for (const [handle, at, low, high] of [[this.low, from, 0, to - 1], [this.high, to, from + 1, this.bins]]) {
      handle.style.left = `${at * step}px`;
      for (const [name, value] of [["min", low], ["max", high], ["now", at], ["text", `${clock(this.moment(at), false)} UTC`]]) handle.setAttribute(`aria-value${name}`, value);
    }
  }

  #gestures() {
    let anchor = null;
    const where = (event) => Math.min(this.bins, Math.max(0, (event.clientX - this.track.getBoundingClientRect().left) / this.width * this.bins));
    this.track.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const end = event.target.dataset.end, [from, to] = this.span();
      anchor = end === "from" ? to : end === "to" ? from : where(event);
      this.dragged = false;
      this.track.setPointerCapture(event.pointerId);
    });
    this.track.addEventListener("pointermove", (event) => {
      const at = where(event);
      if (anchor === null) { this.#read(Math.floor(at)); return; }
      if (Math.abs(at - anchor) < 0.7 && !this.dragged) return;
      this.dragged = true;
      const low = Math.floor(Math.min(at, anchor)), high = Math.ceil(Math.max(at, anchor));
      this.choose(low, Math.max(high, low + 1));
    });
    const end = () => { anchor = null; };
    this.track.addEventListener("pointerup", end);
    this.track.addEventListener("pointercancel", end);
    this.track.addEventListener("pointerleave", () => { this.readout.textContent = ""; });
    this.track.addEventListener("dblclick", () => this.choose(0, this.bins));
  }

  #read(at) {
    const counts = this.lanes.map((lane, row) => [lane, this.heaps[row][Math.min(at, this.bins - 1)]]).filter(([, count]) => count);
    const fine = this.end - this.start < 6e4;
    const when = `${clock(Math.round(this.moment(at)), fine)} to ${clock(Math.round(this.moment(at + 1)), fine).slice(11)}`;
    this.readout.textContent = counts.length ? `${when}: ${counts.map(([lane, count]) => `${visible(lane.name)} ${number(count)}`).join(", ")}` : when;
  }
}

const isFailed = (entry) => entry.state === "failed" || entry.state === "partial";
