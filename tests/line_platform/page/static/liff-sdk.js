// Stands in for LINE's SDK in a page that the stand-in platform opened: the same names and the same order of calls.

(() => {
  const platform = new URL(document.currentScript.src).origin;
  const code = new URLSearchParams(location.search).get("liff.code");
  let session = null;

  // LINE's own words, which pages may look for.
  const begun = () => {
    if (!session) throw new Error("liffId is necessary for liff.init()");
    return session;
  };
  const claims = (token) =>
    JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0))));

  window.liff = Object.freeze({
    async init({ liffId }) {
      const answer = await fetch(`${platform}/liff/session?code=${encodeURIComponent(code ?? "")}`);
      if (!answer.ok) throw new Error("this page was not opened from the stand-in's phone");
      const found = await answer.json();
      if (found.liffId !== liffId) throw new Error(`liffId ${liffId} is not the app that was opened`);
      session = found;
    },
    isInClient: () => code !== null,
    isLoggedIn: () => session !== null,
    getOS: () => "android",
    getLineVersion: () => "15.12.0",
    getAppLanguage: () => navigator.language,
    getVersion: () => "2.31.0",
    getIDToken: () => begun().idToken,
    getDecodedIDToken: () => claims(begun().idToken),
    getAccessToken: () => begun().accessToken,
    getProfile: async () => ({ userId: begun().userId, displayName: begun().displayName }),
    getFriendship: async () => ({ friendFlag: begun().friendFlag }),
    login: () => { throw new Error("open this page from the stand-in's phone"); },
    logout: () => { session = null; },
    closeWindow: () => window.close(),
  });
})();
