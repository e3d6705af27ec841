// The code reader: like a camera to look at, but the person hands it the text or a photo of a code.

import { t } from "./strings.js";

const byId = (id) => document.getElementById(id);
const overlay = byId("scanner");
const text = byId("scan-text");
const photo = byId("scan-photo");
const status = byId("scan-status");
let finish = null;
let before = null;

export const isScanning = () => finish !== null;

// Resolves with the text of a code, or with null when the reader is closed.
export function scan() {
  closeScanner();
  before = document.activeElement;
  text.value = "";
  photo.value = "";
  status.textContent = "";
  cover(true);
  text.focus();
  return new Promise((resolve) => { finish = resolve; });
}

export const closeScanner = () => end(null);

function end(value) {
  if (!finish) return;
  cover(false);
  const done = finish;
  finish = null;
  before?.focus?.();
  done(value);
}

// What lies behind the reader can neither be tapped nor be read out.
function cover(covered) {
  overlay.hidden = !covered;
  for (const behind of overlay.parentElement.children) if (behind !== overlay) behind.inert = covered;
}

async function readPhoto() {
  const [file] = photo.files;
  if (!file) return;
  if (!("BarcodeDetector" in window)) {
    status.textContent = t("scanNoReader");
    return;
  }
  try {
    const found = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(file));
    if (found.length > 0) end(found[0].rawValue);
    else status.textContent = t("scanNothing");
  } catch {
    status.textContent = t("scanNothing");
  }
}

byId("scan-form").addEventListener("submit", (event) => {
  event.preventDefault();
  end(text.value);
});
byId("scan-close").addEventListener("click", closeScanner);
photo.addEventListener("change", readPhoto);
overlay.addEventListener("keydown", (event) => { if (event.key === "Escape") closeScanner(); });
