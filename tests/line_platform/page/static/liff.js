// The LIFF page that is open on the phone: its frame, and what the SDK in it asks of the phone.

import { el } from "./dom.js";
import { closeScanner, scan } from "./scanner.js";
import { t } from "./strings.js";

const place = document.getElementById("liff");
const host = document.getElementById("liff-host");

const frame = () => place.querySelector("iframe");

export const isLiffOpen = () => frame() !== null;

export function openLiff(address) {
  closeLiff();
  place.append(el("iframe", { src: address, title: t("liffTitle"), allow: "geolocation; camera", dataset: { testid: "liff-frame" } }));
  host.textContent = new URL(address).host;
  place.hidden = false;
}

export function closeLiff() {
  closeScanner();
  frame()?.remove();
  place.hidden = true;
}

// Only the page that was opened is listened to, and only while it is the one that was opened.
export function hearLiffPages(open) {
  addEventListener("message", async ({ source, origin, data }) => {
    const page = frame();
    if (!page || source !== page.contentWindow || origin !== new URL(page.src).origin) return;
    if (data?.liff === "close") closeLiff();
    if (data?.liff === "open" && typeof data.url === "string") open(data.url);
    if (data?.liff === "scan") source.postMessage({ liff: data.number, value: await scan() }, origin);
  });
}
