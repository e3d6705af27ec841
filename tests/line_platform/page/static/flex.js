// Flex messages: bubbles and carousels as LINE lays them out, near enough to judge a message by.

import { el } from "./dom.js";
import { block, buttonLook, extent, letters, paddings, placing, space } from "./flex_styles.js";
import { picture } from "./templates.js";

const WIDTHS = { nano: 120, micro: 160, deca: 220, hecto: 241, kilo: 260, mega: 300, giga: 386 };
const BLOCKS = ["header", "hero", "body", "footer"];
const BLOCK_PADDING = { header: "20px", body: "20px", footer: "10px" };

export function flexMessage(message, perform) {
  const container = message.contents;
  if (container.type === "bubble") return bubble(container, message.altText, perform);
  const bubbles = container.contents.map((each) => bubble(each, null, perform));
  return el("div", { class: "flex-carousel", tabindex: "0", role: "group", "aria-label": message.altText }, bubbles);
}

function bubble(container, altText, perform) {
  const parts = BLOCKS.filter((name) => container[name]).map((name, place) => {
    const style = container.styles?.[name] ?? {};
    const part = component(container[name], { layout: "vertical" }, 0, perform);
    Object.assign(part.style, block(style, place > 0));
    if (BLOCK_PADDING[name] && !("paddingAll" in container[name])) part.style.padding ||= BLOCK_PADDING[name];
    if (name === "body") part.style.flexGrow = "1";
    return part;
  });
  const node = el("div", {
    class: "flex-bubble", role: "group", "aria-label": altText, dir: container.direction ?? "ltr",
    style: { width: `${WIDTHS[container.size] ?? WIDTHS.mega}px` },
  }, parts);
  return tappable(node, container.action, perform);
}

function component(item, parent, place, perform) {
  const node = BUILD[item.type]?.(item, parent, perform) ?? el("span");
  Object.assign(node.style, placing(item, parent, place));
  return item.type === "button" ? node : tappable(node, item.action, perform);
}

const BUILD = {
  box: (item, _parent, perform) => el("div", {
    class: `flex-box flex-${item.layout}`, style: paddings(item),
  }, item.contents.map((inner, place) => component(inner, item, place, perform))),

  text: (item) => el("div", { class: `flex-text ${item.wrap ? "flex-wrap" : ""}`, style: letters(item) },
    item.contents?.length ? item.contents.map((span) => el("span", { style: letters(span, true) }, span.text ?? "")) : item.text),

  button: (item, _parent, perform) => el("button", {
    type: "button", class: `flex-button flex-button-${item.style ?? "link"} flex-button-${item.height ?? "md"}`,
    style: buttonLook(item), dataset: { testid: "message-button" }, onclick: () => perform(item.action),
  }, item.action.label),

  image: (item) => {
    const [width, height] = (item.aspectRatio ?? "1:1").split(":");
    return picture(item.url, {
      width: extent(item.size ?? "md", "image"), aspectRatio: `${width} / ${height}`,
      objectFit: item.aspectMode === "cover" ? "cover" : "contain", backgroundColor: item.backgroundColor ?? "",
    });
  },

  icon: (item) => picture(item.url, { width: "auto", height: letters(item).fontSize }),
  video: (item) => picture(item.previewUrl, { width: "100%" }),
  separator: (item) => el("hr", { class: "flex-separator", style: { backgroundColor: item.color ?? "" } }),
  filler: () => el("span", { class: "flex-filler" }),
};

function tappable(node, action, perform) {
  if (!action) return node;
  node.setAttribute("role", "button");
  node.tabIndex = 0;
  node.dataset.testid = "message-button";
  node.classList.add("tappable");
  if (action.label) node.setAttribute("aria-label", action.label);
  node.addEventListener("click", () => perform(action));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") perform(action);
  });
  return node;
}

