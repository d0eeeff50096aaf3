//! Randomness and the time, from the runtime.

use causeway_shared::time::UnixTime;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    type WebCrypto;

    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static CRYPTO: WebCrypto;

    #[wasm_bindgen(method, js_name = getRandomValues)]
    fn random_values(this: &WebCrypto, array: &Uint8Array);
}

/// Fresh bytes from the runtime's cryptographic generator.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let array = Uint8Array::new_with_length(bytes.len() as u32);
    CRYPTO.with(|crypto| crypto.random_values(&array));
    array.copy_to(&mut bytes);
    bytes
}

/// `length` random characters of `[0-9A-Za-z]`, without bias.
#[must_use]
pub fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // More than any text of ours needs: one call of the runtime is enough nearly always.
        for byte in random::<48>() {
            // 248 is four times 62: what is above would make the first characters likelier.
            let known = ALPHABET.get(usize::from(byte) % 62).filter(|_| byte < 248);
            if let Some(c) = known
                && text.len() < length
            {
                text.push(char::from(*c));
            }
        }
    }
    text
}

/// The time. Cloudflare lets it stand still while code runs.
#[must_use]
pub fn now() -> UnixTime {
    UnixTime::from_millis(js_sys::Date::now() as i64)
}
