// The service worker: what was fetched once is there without a network. With one, the newest is fetched and kept.

const STORE = "konbini-verification";
const WAIT_MS = 4000;
const FILES = [
  "./", "index.html", "style.css", "icon.svg", "main.js", "camera.js", "cbor.js", "checking.js", "codes.js", "cose.js",
  "era.js", "lists.js", "pixels.js", "seal.js", "view.js", "words.js", "sentences.json", "published.json",
  "zxing/es/reader/index.js", "zxing/es/share.js", "zxing/reader/zxing_reader.wasm",
];

self.addEventListener("install", (event) => {
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && new URL(request.url).origin === self.location.origin) event.respondWith(answer(request));
});

async function fill() {
  const store = await caches.open(STORE);
  await store.addAll(FILES);
  const published = await (await store.match("published.json")).json();
  await store.addAll([published.issuers, ...published.statuses]);
  await self.skipWaiting();
}

/** @param {Request} request */
async function answer(request) {
  const store = await caches.open(STORE);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(WAIT_MS), cache: "no-cache" });
    if (fresh.ok) await store.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await store.match(request, { ignoreSearch: true });
    if (kept === undefined) throw error;
    return kept;
  }
}
