// Building elements, and keeping lists up to date without rebuilding what has not changed.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "onclick") node.addEventListener("click", value);
    else if (name === "style") Object.assign(node.style, value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Shows `items` in `container`. A node stays the same element while its key and signature do, so that focus,
// an open <details> and a half-finished click survive, and a screen reader hears only what is new.
export function reconcile(container, items, { key, signature, build }) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  const nodes = items.map((item) => {
    const name = String(key(item));
    const marks = signature(item);
    const kept = old.get(name);
    if (kept && kept.dataset.signature === marks) return kept;
    const built = build(item);
    built.dataset.key = name;
    built.dataset.signature = marks;
    return built;
  });
  const wanted = new Set(nodes);
  for (const node of [...container.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, place) => {
    if (container.children[place] !== node) container.insertBefore(node, container.children[place] ?? null);
  });
  refocus(container, focused);
}

function refocus(container, name) {
  if (!name || document.activeElement !== document.body) return;
  const node = [...container.children].find((child) => child.dataset.key === name);
  const target = node?.matches("button, a, input") ? node : node?.querySelector("button, a, input");
  target?.focus({ preventScroll: true });
}

const PALETTE = ["#1f6f8b", "#7a4f9a", "#2f7d4f", "#a3562a", "#3d5a98", "#8a3f5e", "#4b6b2f", "#5c5f66"];

// Chinese given names are told apart by their last two characters.
export function avatar(name, id) {
  const letters = [...name].slice(-2).join("");
  const color = PALETTE[[...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) % PALETTE.length];
  return el("span", { class: "avatar", "aria-hidden": "true", style: { backgroundColor: color } }, letters);
}
