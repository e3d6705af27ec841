// Talking to the control API, and hearing when something has changed.

import { t } from "./strings.js";

async function request(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

export const view = (phone) => request("GET", `/_/view?phone=${encodeURIComponent(phone ?? "")}`);

export const act = (phone, name, body = {}) =>
  request("POST", `/_/phones/${encodeURIComponent(phone)}/${name}`, body);

export const setFaults = (faults) => request("PUT", "/_/faults", faults);

const channel = new BroadcastChannel("line-platform-changes");

// Calls `changed` at once and after every change; `lost` while the platform cannot be reached.
export function listen(changed, lost) {
  const source = new EventSource("/_/stream");
  source.onmessage = () => {
    channel.postMessage("changed");
    changed();
  };
  source.onerror = () => lost(t("offline"));
}

// For a phone inside another page, which listens for it: a browser has six connections for one host.
export function listenWithin(changed) {
  channel.onmessage = changed;
  changed();
}
