// Holds every answer of the worker against its own /openapi.json: status, headers, content type,
// body. What the document does not mention is a failure.

import assert from "node:assert/strict";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** What every answer carries, whatever it is (`worker/src/reply.rs`). */
const ALWAYS = {
  "strict-transport-security": /^max-age=\d{8}; includeSubDomains; preload$/,
  "x-content-type-options": /^nosniff$/,
  "referrer-policy": /^(no-referrer|strict-origin|same-origin)$/,
  "cross-origin-resource-policy": /^(same-origin|cross-origin)$/,
  "permissions-policy": /camera=\(\)/,
  "content-security-policy": /(^|; )default-src 'none'/,
  "x-request-id": /^[0-9A-Za-z]{16}$/,
};

/** Checks the headers that every answer carries. */
export function checkAlways(what, headers) {
  for (const [name, form] of Object.entries(ALWAYS)) {
    assert.match(headers.get(name) ?? "", form, `${what}: header ${name}`);
  }
  const cache = headers.get("cache-control") ?? "";
  assert.match(cache, /^(no-store|public, max-age=\d+(, immutable)?)$/, `${what}: cache-control`);
}

/** An OpenAPI document, compiled. */
export class Contract {
  #validators = new Map();
  #routes;
  #ajv;

  constructor(document) {
    this.document = document;
    this.#routes = Object.entries(document.paths).map(([template, item]) => ({
      template,
      item,
      form: new RegExp(`^${template.replace(/\{\w+\}/g, "([^/]+)")}$`),
    }));
    this.#ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
    addFormats(this.#ajv);
    const { schemas } = document.components;
    this.#ajv.addSchema({ $id: "answer", $defs: relocate(closed(schemas), "answer") });
    this.#ajv.addSchema({ $id: "request", $defs: relocate(schemas, "request") });
  }

  /** The operation for a method and a path, and whether the path is known at all. */
  find(method, path) {
    const pathname = path.split("?")[0];
    const route = this.#routes.find(({ form }) => form.test(pathname));
    const operation = route?.item[method.toLowerCase()];
    return { template: route?.template, operation };
  }

  /**
   * Checks one exchange. `fails` says that the test wants the worker to fail (5xx).
   * `answer` is `{status, headers, text, body}`, `sent` what was sent as JSON, if anything.
   */
  check(method, path, sent, answer, { fails = false } = {}) {
    const what = `${method} ${path}: ${answer.status} ${answer.text.slice(0, 600)}`;
    if (!fails) assert.ok(answer.status < 500, what);
    checkAlways(what, answer.headers);
    const { template, operation } = this.find(method, path);
    if (!operation) {
      assert.equal(answer.status, template ? 405 : 404, `not documented: ${what}`);
      return this.#checkBody("problem", problemContent, answer, what);
    }
    const documented = operation.responses[answer.status];
    assert.ok(documented, `this status is not documented: ${what}`);
    const response = this.#deref(documented);
    this.#checkHeaders(response.headers ?? {}, answer.headers, what);
    const name = `${method} ${template} ${answer.status}`;
    this.#checkBody(name, response.content, answer, what);
    if (answer.status < 300) this.#checkRequest(`${method} ${template}`, operation, sent, what);
    return undefined;
  }

  /** Checks the body of a webhook, and its headers. */
  checkWebhook(headers, body) {
    const { parameters } = this.document.webhooks.event.post;
    for (const { name, schema } of parameters) {
      const validate = this.#compile(`webhook ${name}`, schema, "request");
      assert.ok(validate(headers[name]), `webhook header ${name}: ${headers[name]}`);
    }
    const name = body.type === "endpoint.test" ? "TestEventBody" : "EventBody";
    this.checkAgainst(name, { $ref: `#/components/schemas/${name}` }, body);
  }

  /** Checks a value that came from the worker against a schema of the document. */
  checkAgainst(name, schema, value) {
    const validate = this.#compile(name, schema, "answer");
    assert.ok(validate(value), `${name}: ${this.#why(validate)} ${JSON.stringify(value)}`);
  }

  #checkBody(name, content, answer, what) {
    const type = answer.headers.get("content-type")?.split(";")[0];
    if (!content) {
      assert.equal(answer.text, "", `no body is documented: ${what}`);
      return;
    }
    assert.ok(content[type], `content type ${type} is not documented: ${what}`);
    const validate = this.#compile(name, content[type].schema, "answer");
    const value = /json$/.test(type) ? answer.body : answer.text;
    assert.ok(validate(value), `${what}\n${this.#why(validate)}`);
    if (type === "application/problem+json") checkProblem(answer, what);
  }

  #checkHeaders(documented, headers, what) {
    for (const [name, header] of Object.entries(documented)) {
      const { required, schema } = this.#deref(header);
      const value = headers.get(name);
      if (value === null) {
        assert.ok(!required, `the header ${name} is missing: ${what}`);
      } else {
        const validate = this.#compile(`header ${name}`, schema, "answer");
        assert.ok(validate(value), `the header ${name} is ${value}: ${what}`);
      }
    }
  }

  /** What was taken must be of the form that is documented. */
  #checkRequest(name, { requestBody }, sent, what) {
    if (!requestBody) {
      assert.equal(sent, undefined, `no request body is documented: ${what}`);
      return;
    }
    if (sent === undefined) {
      assert.ok(!requestBody.required, `the request body is documented as required: ${what}`);
      return;
    }
    const json = requestBody.content["application/json"];
    if (!json) {
      assert.equal(typeof sent, "string", `taken, but it is no text: ${what}`);
      return;
    }
    const { schema } = json;
    const validate = this.#compile(`${name} request`, schema, "request");
    assert.ok(validate(sent), `taken, but not as documented: ${what}\n${this.#why(validate)}`);
  }

  #deref(object) {
    if (!object.$ref) return object;
    const parts = object.$ref.slice(2).split("/");
    return parts.reduce((found, part) => found[part], this.document);
  }

  #compile(name, schema, kind) {
    const key = `${kind} ${name}`;
    if (!this.#validators.has(key)) {
      const made = kind === "answer" ? closed(schema) : schema;
      this.#validators.set(key, this.#ajv.compile(relocate(made, kind)));
    }
    return this.#validators.get(key);
  }

  #why(validate) {
    return this.#ajv.errorsText(validate.errors, { separator: "\n", dataVar: "body" });
  }
}

const problemContent = {
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
};

/** What a problem document says twice must agree. */
function checkProblem({ status, headers, body }, what) {
  assert.equal(body.status, status, what);
  assert.equal(body.type, `/problems/${body.code}`, what);
  assert.equal(body.request_id, headers.get("x-request-id"), what);
}

/** Merchants shall ignore fields that they do not know; the tests must not. */
function closed(schema) {
  return mapObjects(schema, (object) => {
    const lists = object.type === "object" && object.properties;
    const open = lists && !("additionalProperties" in object);
    return open ? { ...object, additionalProperties: false } : object;
  });
}

function relocate(schema, id) {
  return mapObjects(schema, (object) => {
    if (typeof object.$ref !== "string") return object;
    return { ...object, $ref: object.$ref.replace("#/components/schemas/", `${id}#/$defs/`) };
  });
}

function mapObjects(value, change) {
  if (Array.isArray(value)) return value.map((one) => mapObjects(one, change));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, one]) => [key, mapObjects(one, change)]);
  return change(Object.fromEntries(entries));
}
