// The rich menu below the chat: its bar, its picture and the areas a finger can reach.

import { el, reconcile } from "./dom.js";
import { locale, t } from "./strings.js";

const place = document.getElementById("menu");
const percent = (part, whole) => `${(100 * part) / whole}%`;

export function showRichMenu(state, perform, refresh) {
  const menu = state.view.open?.rich_menu;
  place.hidden = !menu;
  if (menu && !state.menus.has(menu.richMenuId)) state.menus.set(menu.richMenuId, menu.selected);
  const opened = menu ? state.menus.get(menu.richMenuId) : false;
  const toggle = () => {
    state.menus.set(menu.richMenuId, !opened);
    refresh();
  };
  reconcile(place, menu ? [menu] : [], {
    key: () => menu.richMenuId,
    signature: () => JSON.stringify([locale(), opened]),
    build: () => el("div", {}, bar(menu, opened, toggle), opened && picture(menu, perform)),
  });
}

const bar = (menu, opened, toggle) =>
  el("button", {
    type: "button", class: "menu-bar", "aria-expanded": String(opened), dataset: { testid: "richmenu-toggle" },
    "aria-label": t(opened ? "closeMenu" : "openMenu", { text: menu.chatBarText }), onclick: toggle,
  }, `${menu.chatBarText} ${opened ? "▾" : "▴"}`);

function picture(menu, perform) {
  const { width, height } = menu.size;
  const areas = menu.areas.map(({ bounds, action }, number) =>
    el("button", {
      type: "button", class: "menu-area", dataset: { testid: "richmenu-area", label: action.label ?? "" },
      "aria-label": action.label ?? action.displayText ?? action.text ?? `${number + 1}`,
      style: {
        left: percent(bounds.x, width), top: percent(bounds.y, height),
        width: percent(bounds.width, width), height: percent(bounds.height, height),
      },
      onclick: () => perform(action),
    }));
  const image = el("img", { src: `/_/richmenus/${menu.richMenuId}/image`, alt: menu.chatBarText });
  return el("div", { class: "menu-picture", style: { aspectRatio: `${width} / ${height}` } }, image, areas);
}
