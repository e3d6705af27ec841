// Template messages, and pictures that may be shown.

import { el } from "./dom.js";
import { t } from "./strings.js";

export function templateMessage(message, perform) {
  const template = message.template;
  const columns = template.columns ?? [template];
  const cards = columns.map((column) => card(column, template.type, perform));
  if (!template.columns) return cards[0];
  return el("div", { class: "flex-carousel", tabindex: "0", role: "group", "aria-label": message.altText }, cards);
}

function card(column, kind, perform) {
  const actions = column.actions ?? (column.action ? [column.action] : []);
  const image = column.thumbnailImageUrl ?? column.imageUrl;
  return el(
    "div",
    { class: `template template-${kind}` },
    image && picture(image),
    (column.title || column.text) &&
      el("div", { class: "template-text" }, column.title && el("b", {}, column.title), column.text && el("p", {}, column.text)),
    el("div", { class: "template-actions" }, actions.map((action) =>
      el("button", { type: "button", dataset: { testid: "message-button" }, onclick: () => perform(action) }, action.label ?? "")),
    ),
  );
}

// The page makes no outside request: a picture is loaded only from this machine, any other is named.
export function picture(url, style = {}) {
  const address = new URL(url, location.href);
  if (address.origin === location.origin || ["127.0.0.1", "localhost"].includes(address.hostname) || address.protocol === "data:") {
    return el("img", { class: "picture", src: url, alt: t("image"), style });
  }
  return el("span", { class: "picture picture-elsewhere", role: "img", "aria-label": t("image"), style }, `▧ ${address.hostname}`);
}
