// Asks the device to make a passkey, or to sign with one, and sends what it says with the form around the button.
// Without script, and where the browser knows no passkeys, the button is not there.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const credentials = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

// The server's options have bytes as base64url, as JSON has no other way; the browser wants bytes.
async function make(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: credentials(options.excludeCredentials),
    },
  });
  return answer(made, { attestationObject: text(made.response.attestationObject) });
}

async function sign(options) {
  const signed = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: credentials(options.allowCredentials),
    },
  });
  const { authenticatorData, signature } = signed.response;
  return answer(signed, { authenticatorData: text(authenticatorData), signature: text(signature) });
}

function answer(credential, more) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON), ...more };
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const button = form.querySelector("button");
  const problem = form.querySelector("[role=alert]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      const begun = await fetch(form.dataset.begin, { method: "POST", body: new FormData(form) });
      if (!begun.ok) throw new Error();
      const options = await begun.json();
      form.elements.answer.value = await (form.dataset.passkey === "make" ? make(options) : sign(options));
      form.submit();
    } catch {
      // Refused by the person, by the device or by the server: the same to do, once more.
      problem.textContent = form.dataset.problem;
      button.disabled = false;
    }
  });
}
