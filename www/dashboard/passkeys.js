// Making and using passkeys. JSON has their bytes in base64url, browsers want them as buffers.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Whether this browser has passkeys. */
export const known = () => Boolean(globalThis.PublicKeyCredential && navigator.credentials);

async function post(path, body, headers = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { ...(body && { "content-type": "application/json" }), ...headers },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** Makes a passkey for whoever is signed in. `csrf` is the session's. */
export async function add(label, csrf) {
  const options = await post("/v1/passkeys/options", undefined, { csrf });
  const { response } = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((one) =>
        ({ ...one, id: toBytes(one.id) })),
    },
  });
  return post("/v1/passkeys", {
    label,
    client_data: toText(response.clientDataJSON),
    attestation: toText(response.attestationObject),
  }, { csrf });
}

/** Signs in, and says where to go on. */
export async function signIn(next) {
  const options = await post("/dashboard/passkey/options");
  const { rawId, response } = await navigator.credentials.get({
    publicKey: { ...options, challenge: toBytes(options.challenge) },
  });
  const { location } = await post("/dashboard/passkey", {
    id: toText(rawId),
    client_data: toText(response.clientDataJSON),
    authenticator_data: toText(response.authenticatorData),
    signature: toText(response.signature),
    user_handle: toText(response.userHandle ?? new ArrayBuffer(0)),
    next,
  });
  return location;
}
