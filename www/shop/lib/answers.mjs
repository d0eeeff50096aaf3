// Reading request bodies and answering with JSON or a problem document (RFC 9457).

/** A refusal with words: thrown anywhere in a route, answered as a problem document. */
export class Problem extends Error {
  constructor(status, code, detail, errors = undefined) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** The raw bytes of a body, refused above `limitBytes` before more of it is kept. */
export async function readBody(request, limitBytes) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= limitBytes) chunks.push(chunk);
    else if (size > limitBytes * 16) break;
  }
  if (size > limitBytes) {
    throw new Problem(413, "body_too_large", `The body may hold at most ${limitBytes} bytes.`);
  }
  return Buffer.concat(chunks);
}

/** The body as a JSON object; anything else is refused in words. */
export async function readJson(request, limitBytes) {
  const type = (request.headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
  if (type !== "application/json") {
    throw new Problem(415, "not_json", "Send the body as application/json.");
  }
  const body = await readBody(request, limitBytes);
  let value;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new Problem(400, "malformed_json", "The body is not valid JSON.");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Problem(400, "malformed_json", "The body must be a JSON object.");
  }
  return value;
}

/** Answers with JSON that nobody may cache: all of it is about one shopper or one moment. */
export function sendJson(response, status, value, headers = {}) {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

/** Answers with a problem document; an error that is no `Problem` says nothing about itself. */
export function sendProblem(response, error) {
  const problem =
    error instanceof Problem
      ? error
      : new Problem(500, "internal", "The shop made a mistake. Please try again.");
  if (problem !== error) console.error(`internal error: ${error?.stack ?? error}`);
  sendJson(
    response,
    problem.status,
    {
      title: problem.message,
      status: problem.status,
      code: problem.code,
      detail: problem.message,
      ...(problem.errors && { errors: problem.errors }),
    },
    {
      "content-type": "application/problem+json",
      ...(problem.status === 413 && { connection: "close" }),
    },
  );
}
