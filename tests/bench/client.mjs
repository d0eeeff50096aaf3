// HTTP/1.1 over a socket that stays open, one exchange at a time: as little work as possible, so
// that the driver's share of the machine stays small.

import { connect } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");

/** A connection that stays open. */
export class Connection {
  /** How often the server closed it before it answered. */
  lost = 0;

  #address;
  #socket;
  #taken = Buffer.alloc(0);
  #request = "";
  #settle = null;

  /** Connects to an address such as `http://127.0.0.1:8787`. */
  static async open(address) {
    const connection = new Connection();
    connection.#address = new URL(address);
    await connection.#connect();
    return connection;
  }

  async #connect() {
    const { hostname, port } = this.#address;
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise((done, failed) => socket.once("connect", done).once("error", failed));
    socket.removeAllListeners("error");
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#again(socket));
    this.#socket = socket;
  }

  /** One exchange. Resolves to `{status, body}`, the body as text. */
  exchange(method, path, headers = {}, body = "") {
    let head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#address.host}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    if (body) head += `content-length: ${Buffer.byteLength(body)}\r\n`;
    this.#request = `${head}\r\n${body}`;
    return new Promise((done, failed) => {
      this.#settle = { done, failed };
      this.#socket.write(this.#request);
    });
  }

  close() {
    this.#socket.removeAllListeners();
    this.#socket.destroy();
  }

  /** A server may close a connection while a request is on its way: it is sent again, once. */
  async #again(socket) {
    if (socket !== this.#socket || !this.#settle) return;
    const { failed } = this.#settle;
    this.lost += 1;
    try {
      if (this.lost > 1) throw new Error("the server closed the connection twice");
      await this.#connect();
      this.#socket.write(this.#request);
    } catch (error) {
      failed(error);
    }
  }

  #take(chunk) {
    this.#taken = this.#taken.length ? Buffer.concat([this.#taken, chunk]) : chunk;
    const end = this.#taken.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#taken.toString("latin1", 0, end);
    const rest = this.#taken.subarray(end + HEAD_END.length);
    const body = bodyOf(head, rest);
    if (body === null) return;
    this.#taken = Buffer.alloc(0);
    const { done } = this.#settle;
    this.#settle = null;
    done({ status: Number(head.slice(9, 12)), body });
  }
}

/** The body as text, or null while it is not whole. */
function bodyOf(head, rest) {
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length !== undefined) return rest.length < Number(length) ? null : rest.toString("utf8");
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return "";
  const parts = [];
  for (let at = 0; ;) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return null;
    const size = Number.parseInt(rest.toString("latin1", at, line), 16);
    if (rest.length < line + 2 + size + 2) return null;
    if (size === 0) return Buffer.concat(parts).toString("utf8");
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
