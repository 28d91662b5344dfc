/*
 * What a phone keeps while there is no signal: a small store, and an outbox that empties itself.
 *
 * Pages and the service worker load this same file. Rules that nothing here may bend:
 *  - what was captured is stored before anybody is told so (add() resolves after the write is on the disk);
 *  - an item leaves the outbox only with a final answer about it, in our own format: no error, no page of a
 *    hotel's Wi-Fi and no half answer removes anything;
 *  - the same item may be sent any number of times; the server knows its id.
 *
 * An item belongs to a group (a stamp card, a walk, a gate). outbox.address(group, {url, envelope}) says where its
 * items go. They travel, at most 50 at a time, as
 *     {...envelope, now_client, have_digest, items: [...], receipts: [...]}
 * and are answered by
 *     {schema, results: [{id, final, notice?, ...}], digest, receipts: {key: receipt}, want, wait?}.
 * (`wait`: what got no result was too many at once, and is sent again after so many seconds.)
 * The last answer is kept at "answer:<group>"; results with a notice (somebody has to be told) at "notes:<group>" until
 * a page has told them. What the server signed is kept at "held:<group>": should the server ever have lost some of it
 * (want), it is shown to it once more. A group that the server refuses as a whole (403, {schema, refused: true}) keeps
 * its items; pages hear of it and may hand them to another group, by adding them there under the same id.
 */
(() => {
  "use strict";

  const NAME = "kouba";
  const SCHEMA = "kouba.outbox.1";
  const BATCH = 50;
  const MOST_NOTES = 500; /* far more than anybody will read: none may vanish unread */
  const TAG = "kouba-outbox";
  const LOST = "lost"; /* as a digest: equal to nothing, so that the server asks again */
  const SHORTEST = 1000;
  const LONGEST = 60000;
  const PATIENCE = 20000; /* ms for one request */
  const TURN = 2500; /* ms until somebody else's sending is waited for no longer */
  const KEEPALIVE_LIMIT = 50000; /* bytes; browsers refuse more than 64 kB */
  const isPage = typeof document !== "undefined";

  /* --- the store: IndexedDB, or this page's memory where there is none ------------------------------------- */

  let opening = null;

  const open = () => {
    opening ||= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        const outbox = request.result.createObjectStore("outbox", { keyPath: "id" });
        outbox.createIndex("group", "group");
        request.result.createObjectStore("kept");
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => {
          request.result.close();
          opening = null;
        };
        request.result.onclose = () => {
          opening = null;
        };
        resolve(request.result);
      };
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
    opening.catch(() => {
      opening = null;
    });
    return opening;
  };

  const memory = { kept: new Map(), outbox: new Map() };

  /* One transaction: work(stores) queues its requests and may put a value into the box it is given. */
  const within = async (mode, work) => {
    const database = await open();
    return new Promise((resolve, reject) => {
      const options = mode === "readwrite" ? { durability: "strict" } : {};
      const transaction = database.transaction(["outbox", "kept"], mode, options);
      const box = {};
      transaction.oncomplete = () => resolve(box.value);
      transaction.onabort = () => reject(transaction.error || new Error("aborted"));
      work({ outbox: transaction.objectStore("outbox"), kept: transaction.objectStore("kept") }, box);
    });
  };

  const read = async (work, otherwise) => {
    try {
      return await within("readonly", work);
    } catch {
      return otherwise();
    }
  };

  const store = {
    async get(key) {
      if (memory.kept.has(key)) return memory.kept.get(key);
      return read(
        ({ kept }, box) => {
          kept.get(key).onsuccess = (event) => {
            box.value = event.target.result;
          };
        },
        () => undefined,
      );
    },

    /* change(old) gives the new value; both in one transaction. Whether it will survive this page. */
    async update(key, change) {
      try {
        await within("readwrite", ({ kept }) => {
          kept.get(key).onsuccess = (event) => {
            const fresh = change(event.target.result);
            if (fresh === undefined) kept.delete(key);
            else kept.put(fresh, key);
          };
        });
        memory.kept.delete(key);
        return true;
      } catch {
        memory.kept.set(key, change(memory.kept.get(key)));
        return false;
      }
    },

    set: (key, value) => store.update(key, () => value),
    remove: (key) => store.update(key, () => undefined),
  };

  /* --- who wants to know ------------------------------------------------------------------------------------- */

  const listeners = new Set();
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);
  const tell = (news) => {
    for (const listener of listeners) listener(news);
  };
  if (channel) channel.onmessage = (event) => tell(event.data);
  const announce = (news) => {
    tell(news);
    if (channel) channel.postMessage(news);
  };

  /* --- the outbox -------------------------------------------------------------------------------------------- */

  const byNumber = (one, other) => one.seq - other.seq;

  const pending = async (group) => {
    const stored = await read(
      ({ outbox }, box) => {
        (group ? outbox.index("group").getAll(group) : outbox.getAll()).onsuccess = (event) => {
          box.value = event.target.result;
        };
      },
      () => [],
    );
    const fleeting = [...memory.outbox.values()].filter((one) => !group || one.group === group);
    return [...stored, ...fleeting].sort(byNumber);
  };

  /* Store an item; `local` stays on the phone. Resolves with {id, seq, stored}; stored is false on a phone without
     room, where it lives as long as the page. */
  const add = async (group, { id, item, local = {} }) => {
    const record = { id, group, item, local, seq: 0 };
    try {
      await within("readwrite", ({ outbox, kept }) => {
        kept.get(`seq:${group}`).onsuccess = (event) => {
          record.seq = (event.target.result || 0) + 1;
          kept.put(record.seq, `seq:${group}`);
          outbox.put({ ...record, item: { ...item, seq: record.seq } });
        };
      });
      record.stored = true;
    } catch {
      record.seq = (memory.kept.get(`seq:${group}`) || 1e6) + 1;
      memory.kept.set(`seq:${group}`, record.seq);
      memory.outbox.set(id, { ...record, item: { ...item, seq: record.seq } });
      record.stored = false;
    }
    announce({ kind: "added", group, id });
    wish();
    return record;
  };

  const address = (group, place) => store.set(`to:${group}`, place);

  /* Ask the browser to wake the service worker when there is a signal, where it can. */
  const wish = () => {
    const registration = isPage ? navigator.serviceWorker && navigator.serviceWorker.ready : null;
    if (registration) registration.then((it) => it.sync && it.sync.register(TAG)).catch(() => {});
  };

  const drop = (group, ids) => {
    for (const id of ids) memory.outbox.delete(id);
    return within("readwrite", ({ outbox }) => {
      for (const id of ids) outbox.delete(id);
    }).catch(() => {});
  };

  /* --- sending ----------------------------------------------------------------------------------------------- */

  class Later extends Error {
    constructor(seconds = 0) {
      super("later");
      this.wait = seconds * 1000;
    }
  }

  /* Whether a no is ours, about the whole group: its card was deleted, or its secret is not the right one. */
  const isRefusal = async (answer) => {
    if (answer.status !== 403) return false;
    const found = await answer.json().catch(() => null);
    return Boolean(found && found.schema === SCHEMA && found.refused === true);
  };

  const post = async (url, body, group) => {
    const text = JSON.stringify(body);
    let answer;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-Kouba": "outbox" },
        body: text,
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        keepalive: text.length < KEEPALIVE_LIMIT,
        signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE) : undefined,
      });
    } catch {
      throw new Later();
    }
    if (await isRefusal(answer)) announce({ kind: "refused", group });
    if (!answer.ok) throw new Later(Number(answer.headers.get("Retry-After")) || 0);
    if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) throw new Later();
    const found = await answer.json().catch(() => null);
    if (!found || found.schema !== SCHEMA || !Array.isArray(found.results)) throw new Later();
    return found;
  };

  /* Everything an answer changes, in one transaction: final items go, the answer and its receipts are kept. */
  const settle = async (group, answer, sent) => {
    const mine = new Set(sent.map((one) => one.id));
    const final = answer.results.filter((one) => one && one.final === true && mine.has(one.id));
    const notes = final.filter((one) => one.notice).map((one) => ({ ...one, local: sent.find((it) => it.id === one.id).local }));
    for (const one of final) memory.outbox.delete(one.id);
    const local = Object.fromEntries(sent.map((one) => [one.id, one.local]));
    await within("readwrite", ({ outbox, kept }) => {
      for (const one of final) outbox.delete(one.id);
      kept.put(answer, `answer:${group}`);
      if (notes.length) {
        kept.get(`notes:${group}`).onsuccess = (event) => {
          kept.put([...(event.target.result || []), ...notes].slice(-MOST_NOTES), `notes:${group}`);
        };
      }
      kept.get(`held:${group}`).onsuccess = (event) => {
        const before = event.target.result ? event.target.result.receipts : {};
        const held = answer.want
          ? { digest: LOST, receipts: { ...before, ...answer.receipts } }
          : { digest: answer.digest, receipts: answer.receipts };
        kept.put({ digest: held.digest || "", receipts: held.receipts || {} }, `held:${group}`);
      };
    }).catch(() => memory.kept.set(`answer:${group}`, answer));
    announce({ kind: "answered", group, results: final, local, answer });
    return final.length;
  };

  const sendGroup = async (group, even) => {
    const to = await store.get(`to:${group}`);
    if (!to) return false;
    const items = (await pending(group)).slice(0, BATCH);
    if (!items.length && !even) return false;
    const held = (await store.get(`held:${group}`)) || { digest: "", receipts: {} };
    const body = { ...to.envelope, have_digest: held.digest, now_client: Date.now() };
    const answer = await post(to.url, { ...body, items: items.map((one) => one.item), receipts: [] }, group);
    const removed = await settle(group, answer, items);
    const waits = Number(answer.wait) || 0;
    if (answer.want) {
      const shown = Object.values({ ...held.receipts, ...answer.receipts });
      await settle(group, await post(to.url, { ...body, now_client: Date.now(), items: [], receipts: shown }, group), []);
    }
    if (waits > 0) {
      failures = 0; /* it answered: the rest is only too early */
      throw new Later(Math.min(waits, LONGEST / 1000));
    }
    return removed > 0 && (await pending(group)).length > 0;
  };

  let failures = 0;
  let timer = null;
  let sending = null;
  let again = false;

  const backoff = (wait) => {
    const base = Math.min(LONGEST, SHORTEST * 2 ** Math.min(failures, 7));
    failures += 1;
    return Math.max(wait, base * (0.5 + Math.random() / 2));
  };

  const plan = (wait) => {
    if (!isPage) return;
    clearTimeout(timer);
    timer = setTimeout(() => send(), wait);
  };

  const drain = async (asked) => {
    let wait = null;
    const groups = new Set([...(await pending()).map((one) => one.group), ...asked]);
    for (const group of groups) {
      try {
        while (await sendGroup(group, asked.delete(group)));
        failures = 0;
      } catch (trouble) {
        if (!(trouble instanceof Later)) throw trouble;
        wait = backoff(trouble.wait);
        announce({ kind: "waiting", group });
      }
    }
    if (wait === null && (await pending()).length) wait = backoff(0);
    return wait;
  };

  /* One sender at a time, page or worker, as far as that can be had soon: two do no harm, the server knows each item. */
  const alone = async (work) => {
    if (!navigator.locks || !AbortSignal.timeout) return work();
    let begun = false;
    const once = () => {
      begun = true;
      return work();
    };
    try {
      return await navigator.locks.request(TAG, { signal: AbortSignal.timeout(TURN) }, once);
    } catch (trouble) {
      if (begun) throw trouble;
      return work();
    }
  };

  /* Send what waits; `ask` names groups to ask about even when they have nothing to send. Never throws. */
  const wanted = new Set();
  const send = (ask = []) => {
    for (const group of ask) wanted.add(group);
    if (sending) {
      again = true;
      return sending;
    }
    clearTimeout(timer);
    sending = alone(() => drain(wanted))
      .catch(() => backoff(0))
      .then((wait) => {
        sending = null;
        if (again) {
          again = false;
          return send();
        }
        if (wait !== null) plan(wait);
        return wait === null;
      });
    return sending;
  };

  if (isPage) {
    const soon = (most) => plan(Math.random() * most);
    window.addEventListener("online", () => {
      failures = 0;
      soon(document.hidden ? 30000 : 3000); /* a hall full of phones finds its signal in the same second */
    });
    window.addEventListener("pageshow", () => send());
    window.addEventListener("pagehide", () => send());
    document.addEventListener("visibilitychange", () => send());
    setInterval(() => pending().then((waiting) => waiting.length && send()), LONGEST);
  }

  self.Kouba = {
    SCHEMA,
    TAG,
    store,
    outbox: { add, address, drop, pending, send },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /* Have the service worker ready, and let it keep these pages ({at, url}) and files for when there is no signal. */
    async keep({ pages = [], files = [] } = {}) {
      if (!isPage || !navigator.serviceWorker) return;
      try {
        await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
        const registration = await navigator.serviceWorker.ready;
        if (pages.length || files.length) registration.active.postMessage({ kind: "keep", pages, files });
      } catch {
        /* Without it everything works while there is a signal. */
      }
    },
  };
})();
