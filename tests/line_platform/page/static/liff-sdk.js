// Stands in for LINE's SDK, and for the phone around a page that the stand-in platform opened.

(() => {
  const platform = new URL(document.currentScript.src).origin;
  const code = new URLSearchParams(location.search).get("liff.code");
  // Known before anybody may ask: the page's address says what it runs on, and tells phones apart.
  const [os, mark] = code?.split(".") ?? ["web", ""];
  const inClient = code !== null && os !== "web";
  const SDK_VERSION = "2.31.0";
  const LINE_VERSION = "15.12.0";

  class LiffError extends Error {
    constructor(errorCode, message) {
      super(message);
      Object.assign(this, { name: "LiffError", code: errorCode });
    }
  }

  const ask = async (path, options) => {
    let answer;
    try {
      answer = await fetch(`${platform}/liff/${path}?code=${encodeURIComponent(code ?? "")}`, { cache: "no-store", ...options });
    } catch {
      throw new LiffError("500", "The platform cannot be reached");
    }
    const content = await answer.json();
    if (!answer.ok) throw new LiffError(String(answer.status), content.message ?? content.error);
    return content;
  };

  // --- The phone around the page: storage and place are its own ---

  // Phones side by side show pages of one origin in one browser; the storage of a real phone is seen by nobody else.
  function storageOf(real, prefix) {
    const own = () => Object.keys(real).filter((key) => key.startsWith(prefix));
    return {
      get length() { return own().length; },
      key: (place) => own()[place]?.slice(prefix.length) ?? null,
      getItem: (key) => real.getItem(prefix + key),
      setItem: (key, value) => real.setItem(prefix + key, value),
      removeItem: (key) => real.removeItem(prefix + key),
      clear: () => own().forEach((key) => real.removeItem(key)),
    };
  }

  // Codes of GeolocationPositionError. Source: W3C Geolocation.
  const REASONS = ["", "User denied Geolocation", "Position unavailable", "Timeout expired"];
  const WATCH_EVERY_MS = 1000;

  function positionError(number) {
    return { code: number, message: REASONS[number], PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3 };
  }

  async function readPosition() {
    const found = await ask("position").catch(() => ({ error: 2 }));
    if (found.error) throw positionError(found.error);
    const coords = { altitude: null, altitudeAccuracy: null, heading: null, speed: null, ...found };
    return { coords: { ...coords, toJSON: () => coords }, timestamp: Date.now() };
  }

  const watches = new Map();
  let watchNumber = 0;
  const geolocation = {
    getCurrentPosition(success, failure) {
      readPosition().then(success, (error) => failure?.(error));
    },
    watchPosition(success, failure) {
      const id = ++watchNumber;
      let last = null;
      const tell = (what, callback, value) => {
        if (watches.has(id) && what !== last) callback?.(value);
        last = what;
      };
      const look = () => readPosition().then(
        (found) => tell(`${found.coords.latitude} ${found.coords.longitude}`, success, found),
        (error) => tell(`error ${error.code}`, failure, error));
      watches.set(id, setInterval(look, WATCH_EVERY_MS));
      look();
      return id;
    },
    clearWatch(id) {
      clearInterval(watches.get(id));
      watches.delete(id);
    },
  };

  if (inClient) {
    const define = (object, name, value) => Object.defineProperty(object, name, { configurable: true, value });
    define(window, "localStorage", storageOf(window.localStorage, `${mark}:`));
    define(window, "sessionStorage", storageOf(window.sessionStorage, `${code}:`));
    define(navigator, "geolocation", geolocation);
    const asked = navigator.permissions?.query.bind(navigator.permissions);
    if (asked) {
      define(navigator.permissions, "query", async (what) => {
        if (what?.name !== "geolocation") return asked(what);
        const { error } = await ask("position").catch(() => ({}));
        return { name: "geolocation", state: error === 1 ? "denied" : "granted", onchange: null };
      });
    }
  }

  // --- Asking the phone that the page is shown on ---

  const hasPhone = window.parent !== window;
  const waiting = new Map();
  let questions = 0;

  addEventListener("message", ({ source, origin, data }) => {
    if (source !== window.parent || origin !== platform || !waiting.has(data?.liff)) return;
    waiting.get(data.liff)(data);
    waiting.delete(data.liff);
  });

  const tellPhone = (what, more = {}) => window.parent.postMessage({ liff: what, ...more }, platform);
  const askPhone = (what) => new Promise((resolve) => {
    const number = ++questions;
    waiting.set(number, resolve);
    tellPhone(what, { number });
  });

  // --- LINE's SDK ---

  let config = null;
  let session = null;
  let initialised;
  const ready = new Promise((resolve) => { initialised = resolve; });

  // LINE's own words, which pages may look for.
  const begun = () => {
    if (!config) throw new LiffError("INVALID_CONFIG", "liffId is necessary for liff.init()");
    return session;
  };
  const loggedIn = () => {
    if (!begun()) throw new LiffError("UNAUTHORIZED", "Need access_token for api call, Please login first");
    return session;
  };
  const claims = (token) => JSON.parse(new TextDecoder().decode(
    Uint8Array.from(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0))));
  const onlyInClient = (name) => {
    if (!inClient) throw new LiffError("FORBIDDEN", `${name} is not allowed in external browser`);
  };
  const LOGGED_OUT = `LIFF_STORE:${code}:loggedOut`;
  // Source: LIFF API reference, "liff.isApiAvailable()"; the names that the SDK itself asks for come with them.
  const AVAILABLE = {
    shareTargetPicker: false, createShortcutOnHomeScreen: false, multipleLiffTransition: false,
    scanCodeV2: true, scanCode: false, subwindowOpen: true,
  };
  const SCOPES = ["profile", "chat_message.write", "openid", "email"];

  async function begin({ liffId, withLoginOnExternalBrowser = false } = {}) {
    if (!liffId) throw new LiffError("INVALID_CONFIG", "liffId is necessary for liff.init()");
    const isLoggedOut = !inClient && sessionStorage.getItem(LOGGED_OUT);
    if (code !== null && !isLoggedOut) {
      const found = await ask("session").catch((error) => {
        throw new LiffError("INIT_FAILED", error.code === "404" ? "this page was not opened from the stand-in's phone" : error.message);
      });
      if (found.liffId !== liffId) throw new LiffError("INIT_FAILED", `liffId ${liffId} is not the app that was opened`);
      session = found;
    }
    config = { liffId };
    if (!session && withLoginOnExternalBrowser) liff.login();
    initialised();
  }

  const permission = {
    getGrantedAll: async () => loggedIn().scope,
    async query(name) {
      if (!SCOPES.includes(name)) throw new LiffError("INVALID_ARGUMENT", "Unexpected permission name.");
      return { state: loggedIn().scope.includes(name) ? "granted" : "unavailable" };
    },
    // For LINE MINI Apps alone. Source: LIFF API reference.
    async requestAll() {
      loggedIn();
      throw new LiffError("FORBIDDEN", "liff.permission.requestAll is only for LINE MINI App");
    },
  };

  const liff = {
    get id() { return config?.liffId ?? null; },
    ready,
    permission,
    i18n: { setLang: async () => undefined },

    init(options, success, failure) {
      const done = begin(options);
      if (success || failure) done.then(success, failure ?? (() => undefined));
      return done;
    },
    use: () => liff,

    isInClient: () => inClient,
    getOS: () => os,
    getLineVersion: () => (inClient ? LINE_VERSION : null),
    getVersion: () => SDK_VERSION,
    getAppLanguage: () => navigator.language,
    getLanguage: () => navigator.language,
    closeWindow: () => (inClient && hasPhone ? tellPhone("close") : window.close()),

    isLoggedIn: () => begun() !== null,
    login({ redirectUri } = {}) {
      begun();
      // Inside LINE, init has logged in already.
      if (inClient) return;
      sessionStorage.removeItem(LOGGED_OUT);
      const target = new URLSearchParams({ liffId: config.liffId, ...(redirectUri ? { redirectUri } : {}) });
      location.assign(`${platform}/liff/login?${target}`);
    },
    logout() {
      begun();
      session = null;
      if (!inClient) sessionStorage.setItem(LOGGED_OUT, "true");
    },

    getContext: () => (begun(), {
      type: inClient ? "utou" : "external", viewType: "full", liffId: config.liffId, scope: session?.scope ?? [],
      ...(session ? { userId: session.userId, endpointUrl: session.endpointUrl } : {}),
      availability: Object.fromEntries(Object.entries(AVAILABLE).map(([name, allowed]) => [name, { permission: allowed, minVer: "10.18.0" }])),
      permanentLinkPattern: "concat",
    }),
    // What this opening was given, for as long as the page is open: nobody renews a token that has run out.
    getIDToken: () => begun()?.idToken ?? null,
    getDecodedIDToken: () => (begun() ? claims(session.idToken) : null),
    getAccessToken: () => begun()?.accessToken ?? null,
    getProfile: async () => ({ userId: loggedIn().userId, displayName: session.displayName }),
    getFriendship: async () => (loggedIn(), { friendFlag: (await ask("session")).friendFlag }),

    isApiAvailable(name) {
      begun();
      if (!(name in AVAILABLE)) throw new LiffError("INVALID_ARGUMENT", "Unexpected API name.");
      return AVAILABLE[name] && inClient;
    },
    openWindow({ url, external = false } = {}) {
      begun();
      if (typeof url !== "string" || !url) throw new LiffError("INVALID_ARGUMENT", "params.url is required");
      if (inClient && hasPhone) tellPhone("open", { url, external: Boolean(external) });
      else window.open(url, "_blank", "noopener");
    },
    async sendMessages(messages) {
      loggedIn();
      onlyInClient("liff.sendMessages");
      await ask("messages", { method: "POST", body: JSON.stringify(messages) });
    },
    async scanCodeV2() {
      loggedIn();
      if (!hasPhone) throw new LiffError("FORBIDDEN", "liff.scanCodeV2 needs the camera of the stand-in's phone");
      const { value } = await askPhone("scan");
      if (value === null) throw new LiffError("FORBIDDEN", "The code reader was closed");
      return { value };
    },
  };
  window.liff = Object.freeze(liff);
})();
