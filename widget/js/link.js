// Requests, the socket, timers and the tab's memory. What follows from an answer is decided by
// the frame (in Rust), which is told by its methods.

// Longer than the worker waits for a channel.
const TIMEOUT_MS = 45_000;

let frame;
let base = "";
let device = "";
let socket;
const timers = new Map();

export function attach(adopted, token, kind) {
  frame = adopted;
  base = "/checkout/" + token;
  device = kind;
}

// Lets go of everything.
export function detach() {
  disconnect();
  for (const id of timers.values()) clearTimeout(id);
  timers.clear();
  frame = undefined;
}

// Ends in a status and a body, or in 0 if no answer came; never in silence.
async function request(method, path, body) {
  try {
    const answer = await fetch(base + path, {
      method,
      cache: "no-store",
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
      ...(body && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    const text = await answer.text();
    try {
      return [answer.status, JSON.parse(text)];
    } catch {
      return [answer.status, null];
    }
  } catch {
    return [0, null];
  }
}

export async function sendStart(id, method, account, envelope) {
  const body = { id, method, account, device };
  if (envelope) {
    body.envelope = envelope;
    // What issuers ask of the browser (EMV 3-D Secure).
    body.browser = {
      language: navigator.language,
      color_depth: screen.colorDepth,
      screen_width: screen.width,
      screen_height: screen.height,
      timezone_offset_min: new Date().getTimezoneOffset(),
    };
  }
  const [status, answer] = await request("POST", "/attempts", body);
  frame?.start_answered(id, status, answer);
}

export async function sendClose(id) {
  const [status, answer] = await request("POST", `/attempts/${id}/close`);
  frame?.close_answered(id, status, answer);
}

export async function ask() {
  const [status, answer] = await request("GET", "/status?device=" + device);
  frame?.asked(status, answer);
}

export function connect() {
  disconnect();
  let opened;
  try {
    const url = new URL(base + "/status?device=" + device, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    opened = socket = new WebSocket(url);
  } catch {
    setTimeout(() => frame?.lost());
    return;
  }
  // A socket that was let go of says nothing any more.
  const current = (run) => (event) => opened === socket && run(event);
  opened.onopen = current(() => frame?.opened());
  opened.onclose = current(() => frame?.lost());
  opened.onmessage = current(({ data }) => {
    let snapshot = null;
    try {
      snapshot = JSON.parse(data);
    } catch {
      // "pong": it lives.
    }
    frame?.heard(snapshot);
  });
}

export function disconnect() {
  const old = socket;
  socket = undefined;
  old?.close();
}

export function ping() {
  if (socket?.readyState === 1) socket.send("ping");
}

// One timer per name; a new time replaces the old one, 0 ends it.
export function timer(name, ms) {
  clearTimeout(timers.get(name));
  if (ms) timers.set(name, setTimeout(() => frame?.fired(name), ms));
}

// What the tab remembers of an order. It may fail (private windows, blocked storage): the till is
// the truth.
export function kept(order) {
  try {
    return sessionStorage.getItem("causeway:" + order) ?? "";
  } catch {
    return "";
  }
}

export function keep(order, what) {
  try {
    if (what) sessionStorage.setItem("causeway:" + order, what);
    else sessionStorage.removeItem("causeway:" + order);
  } catch {
    // As above.
  }
}
