// Making elements, and showing values of which nothing may be believed: everything goes in as text, never as markup.
const SVG = "http://www.w3.org/2000/svg";
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const TABLE_LENGTH = 240, WHOLE_LENGTH = 20000;

/** Text as it can be read: characters that hide, or turn text round, stand as their code. */
function visible(value, most = WHOLE_LENGTH) {
  let text = String(value);
  if (text.length > most) text = `${text.slice(0, most)}… (${text.length - most} more characters)`;
  return text.replace(HIDDEN, (one) => `\\u{${one.charCodeAt(0).toString(16).padStart(4, "0")}}`);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [each, one] of Object.entries(value)) node.style.setProperty(each, one ?? "");
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((one) => one !== undefined && one !== null));
  return node;
}

/** An HTML element; strings among the children become text. */
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const byId = (name) => document.getElementById(name);

/** A value of a source: isolated, so that its writing direction cannot reach its neighbours. */
const told = (value, most) => make("bdi", { class: "mono" }, visible(value, most));

/** A link only where it is http or https and a person wrote it into a report on purpose; else text. */
function reference(text) {
  let url = null;
  try { url = new URL(text); } catch { return told(text); }
  if (url.protocol !== "https:" && url.protocol !== "http:") return told(text);
  return make("a", { href: url.href, rel: "noopener noreferrer nofollow", target: "_blank" }, visible(text));
}

const NUMBER = new Intl.NumberFormat("en");
const COLLATOR = new Intl.Collator("en", { numeric: true });
const number = (value) => NUMBER.format(value);
const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** Milliseconds since 1970 as UTC text; parts that say nothing are left out. */
function clock(ms, fine = true) {
  if (!Number.isFinite(ms)) return "";
  const text = new Date(ms).toISOString();
  return `${text.slice(0, 10)} ${fine && ms % 1000 ? text.slice(11, 23) : text.slice(11, 19)}`;
}

/** How long, for people: 350 ms, 12 s, 4 min 10 s, 3 h 5 min, 2 d 4 h. */
function lasting(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10000 && ms % 1000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  const two = (big, unit, small, other) => (small ? `${big} ${unit} ${small} ${other}` : `${big} ${unit}`);
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return two(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

/** A moment in a table; narrow pages leave out the day. */
const moment = (ms) => make("span", {}, make("span", { class: "day" }, clock(ms).slice(0, 11)), clock(ms).slice(11));

function copier(button, text) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}
