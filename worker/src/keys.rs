//! RSA and ECDSA by WebCrypto. Imported keys are kept per isolate, finished ones only: a pending import
//! belongs to the request that began it.

use std::cell::RefCell;
use std::collections::HashMap;

use causeway_shared::sign::{Algorithm, ToSign, ToVerify};
use js_sys::{Object, Promise, Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

/// The most keys that are kept; a deployment with more imports some anew.
const MAX_KEYS: usize = 64;

#[wasm_bindgen]
extern "C" {
    type Subtle;

    #[wasm_bindgen(thread_local_v2, js_namespace = crypto, js_name = subtle)]
    static SUBTLE: Subtle;

    #[wasm_bindgen(method, js_name = importKey)]
    fn import_key(
        this: &Subtle,
        format: &str,
        data: &Uint8Array,
        algorithm: &Object,
        extractable: bool,
        usages: &js_sys::Array,
    ) -> Promise;

    #[wasm_bindgen(method)]
    fn sign(this: &Subtle, algorithm: &str, key: &JsValue, data: &Uint8Array) -> Promise;

    #[wasm_bindgen(method)]
    fn verify(
        this: &Subtle,
        algorithm: &str,
        key: &JsValue,
        signature: &Uint8Array,
        data: &Uint8Array,
    ) -> Promise;

    #[wasm_bindgen(method, js_name = verify)]
    fn verify_with(
        this: &Subtle,
        algorithm: &Object,
        key: &JsValue,
        signature: &Uint8Array,
        data: &Uint8Array,
    ) -> Promise;
}

thread_local! {
    static KEYS: RefCell<HashMap<[u8; 32], JsValue>> = RefCell::new(HashMap::new());
}

/// WebCrypto refused: the key is not one, or not of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError;

/// What a key is for.
#[derive(Clone, Copy)]
enum Use {
    Sign,
    Verify,
}

/// Makes a signature.
///
/// # Errors
/// [`KeyError`] when the key is not an RSA key in PKCS#8.
pub async fn sign(to_sign: &ToSign) -> Result<Vec<u8>, KeyError> {
    let name = name(to_sign.algorithm);
    let key = key(name, to_sign.key_pkcs8.expose(), Use::Sign).await?;
    let promise = SUBTLE.with(|s| s.sign(name, &key, &bytes(&to_sign.message)));
    let signature = JsFuture::from(promise).await.map_err(|_| KeyError)?;
    Ok(Uint8Array::new(&signature).to_vec())
}

/// Whether a signature holds.
///
/// # Errors
/// [`KeyError`] when the key is not an RSA key in SPKI.
pub async fn verify(to_verify: &ToVerify) -> Result<bool, KeyError> {
    let name = name(to_verify.algorithm);
    let key = key(name, &to_verify.key_spki, Use::Verify).await?;
    let (signature, message) = (bytes(&to_verify.signature), bytes(&to_verify.message));
    let promise = SUBTLE.with(|s| s.verify(name, &key, &signature, &message));
    let holds = JsFuture::from(promise).await.map_err(|_| KeyError)?;
    Ok(holds.as_bool() == Some(true))
}

/// Whether this is a public key of P-256: an uncompressed point that lies on the curve.
pub async fn is_es256(point: &[u8]) -> bool {
    import_es256(point).await.is_ok()
}

/// Whether an ES256 signature (r and s, 32 bytes each) holds. A key that is none proves nothing.
pub async fn verify_es256(point: &[u8], signature: &[u8; 64], message: &[u8]) -> bool {
    let checked = async {
        let key = import_es256(point).await?;
        let algorithm = object(&[("name", "ECDSA"), ("hash", "SHA-256")])?;
        let (signature, message) = (bytes(signature), bytes(message));
        let promise = SUBTLE.with(|s| s.verify_with(&algorithm, &key, &signature, &message));
        JsFuture::from(promise).await.map_err(|_| KeyError)
    };
    checked
        .await
        .is_ok_and(|holds| holds.as_bool() == Some(true))
}

async fn import_es256(point: &[u8]) -> Result<JsValue, KeyError> {
    let algorithm = object(&[("name", "ECDSA"), ("namedCurve", "P-256")])?;
    let usages = js_sys::Array::of1(&"verify".into());
    let promise = SUBTLE.with(|s| s.import_key("raw", &bytes(point), &algorithm, false, &usages));
    JsFuture::from(promise).await.map_err(|_| KeyError)
}

fn object(fields: &[(&str, &str)]) -> Result<Object, KeyError> {
    let object = Object::new();
    for (field, value) in fields {
        let (field, value) = ((*field).into(), (*value).into());
        Reflect::set(&object, &field, &value).map_err(|_| KeyError)?;
    }
    Ok(object)
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RsaSha256 => "RSASSA-PKCS1-v1_5",
    }
}

async fn key(name: &str, der: &[u8], purpose: Use) -> Result<JsValue, KeyError> {
    let (format, usage) = match purpose {
        Use::Sign => ("pkcs8", "sign"),
        Use::Verify => ("spki", "verify"),
    };
    let mut hash = Sha256::new();
    hash.update(usage);
    hash.update(der);
    let id: [u8; 32] = hash.finalize().into();
    if let Some(known) = KEYS.with(|k| k.borrow().get(&id).cloned()) {
        return Ok(known);
    }
    let algorithm = object(&[("name", name), ("hash", "SHA-256")])?;
    let usages = js_sys::Array::of1(&usage.into());
    let promise = SUBTLE.with(|s| s.import_key(format, &bytes(der), &algorithm, false, &usages));
    let key = JsFuture::from(promise).await.map_err(|_| KeyError)?;
    KEYS.with(|k| {
        let mut keys = k.borrow_mut();
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(id, key.clone());
    });
    Ok(key)
}

fn bytes(data: &[u8]) -> Uint8Array {
    Uint8Array::from(data)
}
